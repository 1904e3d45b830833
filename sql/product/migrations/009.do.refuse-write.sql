-- For a statement that must not have written, as the rows were not what they were read as: all that its transaction has written is taken back.
CREATE FUNCTION product.refuse_write(reason text, error_code text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%', reason USING ERRCODE = error_code;
END
$$;
