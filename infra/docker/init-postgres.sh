#!/bin/sh
# Runs once, when the database's volume is empty: the roles and schemas of the services.
set -eu
PGOPTIONS="-c flashdeal.auth_password=$SERVICE_PASSWORD -c flashdeal.product_password=$SERVICE_PASSWORD -c flashdeal.order_password=$SERVICE_PASSWORD -c flashdeal.stock_query_password=$SERVICE_PASSWORD -c flashdeal.relay_password=$SERVICE_PASSWORD -c flashdeal.auditor_password=$SERVICE_PASSWORD" \
  psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --file /flashdeal/roles.sql
