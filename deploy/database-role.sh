#!/bin/sh
# Run once by PostgreSQL's image, when its data folder is made: the product gets a role of its own
# that owns its database and nothing else, and the superuser a password that nobody has, so that it
# comes in by the container's own socket only.
set -eu
psql --no-psqlrc -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
  -v password="$POSTGRES_PASSWORD" -v admin="$POSTGRES_USER" <<'SQL'
CREATE ROLE journeys LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS
  PASSWORD :'password';
CREATE DATABASE journeys OWNER journeys;
REVOKE ALL ON DATABASE journeys FROM PUBLIC;
ALTER ROLE :"admin" PASSWORD NULL;
SQL
