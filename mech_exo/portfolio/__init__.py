"""What a factor file holds: the model portfolio, its target, and the orders to get there."""
