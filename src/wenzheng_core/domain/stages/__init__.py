"""What each stage of a case decides, in the order in which a case passes them."""
