"""Who a customer is: the key, the ids made with it, and the ledger of contacts across trials."""
