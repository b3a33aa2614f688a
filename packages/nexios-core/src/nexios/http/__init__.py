"""What travels between a client and an application, and the rules of HTTP it obeys."""
