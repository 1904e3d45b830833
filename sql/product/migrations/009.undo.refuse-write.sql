DROP FUNCTION product.refuse_write(text, text);
