.PHONY: run test check

run: ## start everything on this machine
	@sh scripts/setup.sh run
	@exec .venv/bin/python -m config.up

test: ## every check and every test
	@sh scripts/setup.sh test
	@sh scripts/test.sh

check: ## the checks without the tests
	@sh scripts/setup.sh test
	@sh scripts/check.sh
