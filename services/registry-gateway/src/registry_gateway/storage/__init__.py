"""Rows of the gateway's database. What registers hold is in none of them."""
