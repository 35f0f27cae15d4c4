#!/bin/sh
# Makes the secrets that docker-compose.yml reads, in the folder secrets. What an .env of Marl 0.1 holds is taken over;
# files that are there stay as they are.
set -eu
cd "$(dirname "$0")/.."
old() { [ ! -f .env ] || sed -n "s/^$1=//p" .env | tail -n 1; }
random() { od -An -N "$1" -tx1 /dev/urandom | tr -d ' \n'; }

# Only its owner may look into the folder; the containers, which run as another user, are given single files.
mkdir -p secrets
chmod 700 secrets

keep() {
  [ -s "secrets/$1" ] && return
  printf '%s\n' "$2" >"secrets/$1"
  chmod 444 "secrets/$1"
  echo "secrets/$1"
}

value=$(old POSTGRES_PASSWORD); keep postgres_password "${value:-$(random 16)}"
value=$(old MARL_SECRET_KEY); keep secret_key "${value:-$(random 32)}"
value=$(old MARL_ENCRYPTION_KEYS); keep encryption_keys "${value:-$(random 32)}"
keep database_url "postgresql://marl:$(cat secrets/postgres_password)@postgres:5432/marl"

for name in POSTGRES_PASSWORD MARL_SECRET_KEY MARL_ENCRYPTION_KEYS; do
  [ -z "$(old $name)" ] || echo "Remove $name from .env: it is in the folder secrets now."
done
