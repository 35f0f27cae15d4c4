.PHONY: run test check benchmark licences sbom

run: ## start everything on this machine
	@sh scripts/setup.sh run
	@exec .venv/bin/python -m config.up

test: ## every check and every test
	@sh scripts/setup.sh test
	@sh scripts/test.sh

check: ## the checks without the tests
	@sh scripts/setup.sh test
	@sh scripts/check.sh

benchmark: ## measures this machine and writes docs/benchmarks.md; ROWS=1000000 for larger tables
	@sh scripts/setup.sh test
	@.venv/bin/python -m benchmarks.report

licences: ## writes docs/licences.md, after a dependency has changed
	@sh scripts/setup.sh test
	@.venv/bin/python scripts/licences.py

sbom: ## writes bills of materials in CycloneDX: marl-server.cdx.json and marl-browser.cdx.json
	@sh scripts/setup.sh test
	@sh scripts/sbom.sh
