DROP FUNCTION product.refuse_stale_rows();
