"""The image, Compose, Kubernetes and systemd run the same commands, as nobody in particular, with secrets in files."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
KUBERNETES = ROOT / "deploy" / "kubernetes"
UNITS = sorted((ROOT / "deploy" / "systemd").iterdir())
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
OWN = ("migrate", "web", "worker", "scheduler")
SECRETS = {"DATABASE_URL", "REDIS_URL", "MARL_SECRET_KEY", "MARL_ENCRYPTION_KEYS"}
RELEASES = ("1.30", "1.34")  # of Kubernetes, an old one and a newer one


def resources() -> list[dict[str, Any]]:
    """What `kubectl apply -k` makes."""
    files = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text())["resources"]
    return [part for name in files for part in yaml.safe_load_all((KUBERNETES / name).read_text())]


RESOURCES = resources()
PODS = {
    part["metadata"]["labels"]["app.kubernetes.io/component"]: part["spec"]["template"]["spec"]
    for part in RESOURCES
    if part["kind"] in ("Deployment", "Job")
}


def named(kind: str) -> set[str]:
    return {part["metadata"]["name"] for part in RESOURCES if part["kind"] == kind}


def test_every_place_names_this_version() -> None:
    assert {COMPOSE["services"][name]["image"] for name in OWN} == {f"marl:{VERSION}"}
    images = {container["image"] for pod in PODS.values() for container in pod["containers"]}
    assert images == {f"marl:{VERSION}"}
    [image] = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text())["images"]
    assert image["newTag"] == VERSION
    assert f"marl-migrate-{VERSION.replace('.', '-')}" in named("Job")
    assert f"\n## [{VERSION}]" in (ROOT / "CHANGELOG.md").read_text()


def test_the_image_runs_as_a_user_with_a_number() -> None:
    users = re.findall(r"^USER (.*)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert users[-1].isdigit()
    assert {pod["securityContext"]["runAsUser"] for pod in PODS.values()} == {int(users[-1])}


@pytest.mark.parametrize("name", OWN)
def test_a_container_can_change_nothing_but_its_data(name: str) -> None:
    service = COMPOSE["services"][name]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["volumes"] == ["uploads:/data", "/tmp"]  # and what a large upload needs meanwhile


@pytest.mark.parametrize("name", OWN)
def test_no_secret_stands_in_the_environment_of_a_container(name: str) -> None:
    service = COMPOSE["services"][name]
    files = {key.removesuffix("_FILE"): value for key, value in service["environment"].items() if key.endswith("_FILE")}
    assert files.keys() == SECRETS - {"REDIS_URL"}  # which has no password here
    assert {Path(file).name for file in files.values()} == set(service["secrets"]) <= COMPOSE["secrets"].keys()
    assert not SECRETS - {"REDIS_URL"} & service["environment"].keys()


@pytest.mark.parametrize("name", ["web", "worker", "scheduler"])
def test_every_part_that_goes_on_is_looked_after(name: str) -> None:
    assert COMPOSE["services"][name]["healthcheck"]["test"]
    assert PODS[name]["containers"][0]["livenessProbe"]


@pytest.fixture(scope="module")
def kubernetes() -> Any:
    """What knows its schemas: loaded here, because that takes a second, and each test process collects this module."""
    import kubernetes_validate

    return kubernetes_validate


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("part", RESOURCES, ids=lambda part: f"{part['kind']} {part['metadata']['name']}")
def test_a_manifest_follows_the_schema_of_kubernetes(part: dict[str, Any], release: str, kubernetes: Any) -> None:
    kubernetes.validate(part, release, strict=True)


def test_a_manifest_with_a_misspelt_field_is_noticed(kubernetes: Any) -> None:
    [deployment] = [
        part for part in RESOURCES if part["metadata"]["name"] == "marl-web" and part["kind"] == "Deployment"
    ]
    wrong = {**deployment, "spec": {**deployment["spec"], "replica": 2}}
    with pytest.raises(kubernetes.ValidationError, match="replica"):
        kubernetes.validate(wrong, RELEASES[-1], strict=True)


@pytest.mark.parametrize("name", OWN)
def test_a_pod_runs_what_compose_runs_and_is_as_locked(name: str) -> None:
    pod = PODS[name]
    [container] = pod["containers"]
    assert container["command"] == COMPOSE["services"][name]["command"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert not pod["automountServiceAccountToken"]
    for locked in [container, *pod.get("initContainers", [])]:
        assert locked["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {volume["mountPath"] for volume in locked["volumeMounts"]} == {"/data", "/tmp", "/run/secrets/marl"}


def test_what_manifests_refer_to_is_there() -> None:
    for pod in PODS.values():
        claims = {
            volume["persistentVolumeClaim"]["claimName"]
            for volume in pod["volumes"]
            if len(volume) > 1 and "persistentVolumeClaim" in volume
        }
        assert claims <= named("PersistentVolumeClaim")
        assert {source["configMapRef"]["name"] for source in pod["containers"][0]["envFrom"]} <= named("ConfigMap")
    [settings] = [part["data"] for part in RESOURCES if part["kind"] == "ConfigMap"]
    assert {key.removesuffix("_FILE") for key in settings if key.endswith("_FILE")} == SECRETS
    budgets = [part for part in RESOURCES if part["kind"] == "PodDisruptionBudget"]
    assert len(budgets) == 2
    for budget in budgets:
        assert budget["spec"]["selector"]["matchLabels"]["app.kubernetes.io/component"] in PODS
    scaled = yaml.safe_load((KUBERNETES / "keda.yaml").read_text())
    assert scaled["spec"]["scaleTargetRef"]["name"] in named("Deployment")


@pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl is not there")
def test_kustomize_builds_it() -> None:
    built = subprocess.run(["kubectl", "kustomize", str(KUBERNETES)], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    assert len(list(yaml.safe_load_all(built.stdout))) == len(RESOURCES)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not there")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_is_one_that_systemd_takes(unit: Path, tmp_path: Path) -> None:
    text = unit.read_text().replace("/opt/marl/.venv/bin/python", sys.executable)
    (tmp_path / unit.name).write_text(text)
    done = subprocess.run(["systemd-analyze", "verify", str(tmp_path / unit.name)], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", ["web", "worker", "scheduler"])
def test_a_unit_runs_what_compose_runs(name: str) -> None:
    [unit] = [unit for unit in UNITS if unit.name.startswith(f"marl-{name}")]
    [started] = re.findall(r"^ExecStart=\S+ (.*)$", unit.read_text(), re.MULTILINE)
    assert started.startswith(" ".join(COMPOSE["services"][name]["command"][1:]))
    for name_of_secret in SECRETS:
        assert f"{name_of_secret}_FILE=%d/" in unit.read_text()


def test_the_public_workflow_runs_all_tests() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text())
    [job] = workflow["jobs"].values()
    assert job["steps"][-1] == {"run": "make test"}
    assert job["services"].keys() == {"postgres", "redis"}


def test_secrets_are_made_once_and_those_of_before_are_taken_over(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "secrets.sh", tmp_path / "scripts")
    (tmp_path / ".env").write_text("POSTGRES_PASSWORD=old=1\nMARL_PUBLIC_URL=https://marl.example\n")

    def made() -> dict[str, str]:
        subprocess.run(["sh", "scripts/secrets.sh"], cwd=tmp_path, check=True, capture_output=True)
        return {path.name: path.read_text().strip() for path in (tmp_path / "secrets").iterdir()}

    first = made()
    assert first.keys() == COMPOSE["secrets"].keys()
    assert first["postgres_password"] == "old=1"
    assert first["database_url"] == "postgresql://marl:old=1@postgres:5432/marl"
    assert re.fullmatch(r"[0-9a-f]{64}", first["secret_key"])
    assert made() == first
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
