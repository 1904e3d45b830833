-- For a statement that writes to rows which others have changed since they were read. Whoever reads them again may well succeed.
CREATE FUNCTION product.refuse_stale_rows() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows have changed since they were read' USING ERRCODE = 'serialization_failure';
END
$$;
