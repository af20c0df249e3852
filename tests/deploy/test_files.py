"""The files of ``deploy/`` are what their tools take, agree with each other and with the desk."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.urls import reverse

from kb.imports.entries import MOST_BYTES
from kb.services.attachments import MOST_PICTURE, MOST_VIDEO
from kb.services.import_apart import MOST_MEMORY
from kb.services.importing import MOST_FILES
from klingdesk import serving
from klingdesk.celery import app
from tests.deploy.files import (
    DEPLOY,
    KUBERNETES,
    ROOT,
    compose,
    containerfile,
    pods,
    resource,
    resources,
)
from tests.klingdesk.production import SAFE, run
from tickets.admin.promise_forms import MOST_FILE
from tickets.api.consultation_bodies import LARGEST_ANSWER
from tickets.api.intake import LARGEST_HAND_OFF

BIN = Path(sys.executable).parent
DESK_SERVICES = {"web-1", "web-2", "worker-routing", "worker-all", "beat-1", "beat-2", "migrate"}
ALL_QUEUES = {"celery", "routing", "reports"}


def accepted(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(BIN / command[0]), *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )


def queues_of(command: list[str]) -> set[str]:
    return set(command[command.index("--queues") + 1].split(","))


# --- what the tools say ---------------------------------------------------------------------------


def test_the_compose_file_is_one() -> None:
    done = accepted(
        "check-jsonschema", "--builtin-schema", "vendor.compose-spec", "deploy/compose.yaml"
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_wrong_compose_file_would_be_found(tmp_path: Path) -> None:
    wrong = tmp_path / "compose.yaml"
    wrong.write_text((DEPLOY / "compose.yaml").read_text().replace("read_only:", "readonly:"))
    argv = ("check-jsonschema", "--builtin-schema", "vendor.compose-spec", str(wrong))
    assert accepted(*argv).returncode == 1


@pytest.mark.parametrize("path", KUBERNETES, ids=lambda path: str(path.name))
def test_kubernetes_takes_every_object(path: Path) -> None:
    if path.name == "kustomization.yaml":
        listed = yaml.safe_load(path.read_text())["resources"]
        others = {each.name for each in KUBERNETES} - {path.name, "secret.example.yaml"}
        assert set(listed) == others
        return
    done = accepted("kubernetes-validate", "--strict", str(path))
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_wrong_object_would_be_found(tmp_path: Path) -> None:
    wrong = tmp_path / "web.yaml"
    text = (DEPLOY / "kubernetes" / "web.yaml").read_text()
    wrong.write_text(text.replace("readinessProbe:", "readynessProbe:"))
    assert accepted("kubernetes-validate", "--strict", str(wrong)).returncode != 0


def test_the_containerfile_is_clean() -> None:
    done = accepted("hadolint", "deploy/Containerfile")
    assert (done.returncode, done.stdout) == (0, "")


# --- the container --------------------------------------------------------------------------------


def test_the_container_runs_without_root_and_brings_everything() -> None:
    lines = containerfile()
    assert [line for line in lines if line.startswith("FROM")][-1] == "FROM ${PYTHON_IMAGE}"
    assert [line for line in lines if line.startswith("USER")] == ["USER 10001:10001"]
    assert not [line for line in lines if line.startswith("ADD")]
    assert [line for line in lines if "pip install" in line] == [
        "RUN pip install --require-hashes -r requirements/base.txt"
    ]
    copied = {line.split()[1] for line in lines if line.startswith("COPY") and "--from" not in line}
    ours = {each.split(".")[0] for each in settings.INSTALLED_APPS}
    ours = {name for name in ours if (ROOT / name).is_dir()}
    assert ours <= copied
    assert {"templates", "static", "locale", "manage.py"} <= copied | {"manage.py"}
    assert all((ROOT / name).exists() for name in copied)


def test_no_file_names_the_host_of_a_registry_or_of_an_index() -> None:
    images = [service["image"] for service in compose()["services"].values()]
    images += [each["image"] for pod in pods().values() for each in pod["containers"]]
    for image in images:
        assert "." not in image.split(":")[0], image
        assert image.count("/") == 0, image
    for path in DEPLOY.rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"--(extra-)?index-url|--trusted-host", text), path


# --- the composition ------------------------------------------------------------------------------


def test_there_are_two_of_everything() -> None:
    services = compose()["services"]
    assert services.keys() >= DESK_SERVICES
    assert {"proxy", "postgres", "rabbitmq"} <= services.keys()
    workers = [services["worker-routing"]["command"], services["worker-all"]["command"]]
    assert queues_of(workers[1]) == ALL_QUEUES
    assert "reports" not in queues_of(workers[0])
    assert "web-1:8000" in (DEPLOY / "nginx.conf").read_text()
    assert "web-2:8000" in (DEPLOY / "nginx.conf").read_text()
    for name in ("web", "worker-routing", "worker-reports", "beat"):
        assert resource("Deployment", name)["spec"]["replicas"] == 2


def test_every_queue_that_tasks_go_to_has_its_worker() -> None:
    taken: set[str] = set()
    for name in ("worker-routing", "worker-reports"):
        taken |= queues_of(pods()[name]["containers"][0]["args"])
    assert taken == ALL_QUEUES
    routes = _production_routes()
    assert {route["queue"] for route in routes.values()} == {"routing", "reports"}
    app.loader.import_default_modules()
    assert [name for name in routes if name not in app.tasks] == []


def _production_routes() -> dict[str, dict[str, str]]:
    """Not those of the tests, whose broker has one queue."""
    code = (
        "import json; from klingdesk import settings as s; print(json.dumps(s.CELERY_TASK_ROUTES))"
    )
    found: dict[str, dict[str, str]] = json.loads(run("-c", code, environment=SAFE).stdout)
    return found


def test_whatever_may_be_killed_is_replaced_and_has_its_health_checked() -> None:
    services = compose()["services"]
    for name, service in services.items():
        assert service["restart"] == ("no" if name == "migrate" else "unless-stopped"), name
    for name in ("proxy", "postgres", "rabbitmq"):
        assert services[name]["healthcheck"]["test"]
    assert not any("healthcheck" in services[name] for name in ("web-1", "web-2"))  # the image's
    assert any(line.startswith("HEALTHCHECK") for line in containerfile())
    for name in DESK_SERVICES - {"migrate"}:
        after = services[name]["depends_on"]
        assert after == {"migrate": {"condition": "service_completed_successfully"}}, name


@pytest.mark.parametrize("name", sorted(DESK_SERVICES))
def test_the_desks_containers_may_write_nowhere_but_to_tmp(name: str) -> None:
    service = compose()["services"][name]
    assert service["read_only"] is True
    assert service["tmpfs"] == ["/tmp"]  # noqa: S108 - in a container of its own
    assert service["cap_drop"] == ["ALL"]
    assert "privileged" not in service


# --- the cluster ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(pods()))
def test_pods_are_bounded_and_unprivileged(name: str) -> None:
    pod = pods()[name]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    for container in pod["containers"]:
        context = container["securityContext"]
        assert context["readOnlyRootFilesystem"] is True
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert {"cpu", "memory"} <= container["resources"]["requests"].keys()
        assert "memory" in container["resources"]["limits"]
        assert [mount["mountPath"] for mount in container["volumeMounts"]] == ["/tmp"]  # noqa: S108


def test_selectors_find_their_pods_and_budgets_leave_one() -> None:
    labels: dict[str, dict[str, Any]] = {}
    for each in resources():
        if each["kind"] == "Deployment":
            template = each["spec"]["template"]["metadata"]["labels"]
            assert each["spec"]["selector"]["matchLabels"] == template
            labels[each["metadata"]["name"]] = template
            assert each["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    budgets = [each for each in resources() if each["kind"] == "PodDisruptionBudget"]
    selected = [budget["spec"]["selector"]["matchLabels"] for budget in budgets]
    assert sorted(map(str, selected)) == sorted(map(str, labels.values()))
    assert {budget["spec"]["maxUnavailable"] for budget in budgets} == {1}
    assert resource("Service", "web")["spec"]["selector"] == labels["web"]


def test_the_web_is_asked_by_the_right_probe() -> None:
    (web,) = pods()["web"]["containers"]
    paths = {
        name: web[name]["httpGet"]["path"]
        for name in ("startupProbe", "livenessProbe", "readinessProbe")
    }
    # A database that is down must not make Kubernetes kill the webs.
    assert paths == {
        "startupProbe": "/healthz",
        "livenessProbe": "/healthz",
        "readinessProbe": "/readyz",
    }
    wait = int(web["lifecycle"]["preStop"]["exec"]["command"][1]) + serving.graceful_timeout
    assert pods()["web"]["terminationGracePeriodSeconds"] > wait


# --- what the desk takes, and what it needs for that ----------------------------------------------

MB = 1024**2
UPLOADS = ("/admin/kb-imports/", "/admin/kb/standardquestion/")
UNITS = {"m": MB, "Mi": MB, "Gi": 1024 * MB}


def in_bytes(text: str) -> int:
    number, unit = re.fullmatch(r"(\d+)(\w+)", text).groups()  # type: ignore[union-attr]
    return int(number) * UNITS[unit]


def body_sizes() -> list[dict[str, int]]:
    """By the beginning of the address, of Kubernetes and of nginx."""
    ingress: dict[str, int] = {}
    for each in resources():
        if each["kind"] == "Ingress":
            size = each["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-body-size"]
            for path in each["spec"]["rules"][0]["http"]["paths"]:
                ingress[path["path"]] = in_bytes(size)
    text = (DEPLOY / "nginx.conf").read_text()
    general, uploads = re.findall(r"client_max_body_size (\w+);", text)
    pattern = re.search(r"location ~ (\S+) \{\s+client_max_body_size", text)
    assert pattern is not None
    nginx = {"/": in_bytes(general)}
    nginx |= {path: in_bytes(uploads) for path in UPLOADS if re.match(pattern[1], path)}
    return [ingress, nginx]


def test_proxies_let_through_what_the_desk_takes() -> None:
    beside = MB  # fields of the form, and what stands between the parts
    texts = max(LARGEST_HAND_OFF, LARGEST_ANSWER, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    assert reverse("admin:kb_imports") == UPLOADS[0]
    assert reverse("admin:kb_standardquestion_add").startswith(UPLOADS[1])
    for sizes in body_sizes():
        assert sizes.keys() == {"/", *UPLOADS}
        assert sizes["/"] >= max(texts, MOST_FILE) + beside
        assert sizes[UPLOADS[0]] >= MOST_FILES * MOST_BYTES + beside
        assert sizes[UPLOADS[1]] >= max(MOST_VIDEO, MOST_PICTURE) * 2 + beside


def test_pods_have_room_for_the_largest_work() -> None:
    worker, web = pods()["worker-reports"], pods()["web"]
    (container,) = worker["containers"]
    assert in_bytes(container["resources"]["limits"]["memory"]) >= 2 * MOST_MEMORY + 1024 * MB
    at_once = int(container["args"][container["args"].index("--concurrency") + 1])
    assert in_bytes(worker["volumes"][0]["emptyDir"]["sizeLimit"]) > at_once * 1.25 * 1024 * MB
    assert in_bytes(web["volumes"][0]["emptyDir"]["sizeLimit"]) >= 4 * MOST_FILES * MOST_BYTES


# --- the environment ------------------------------------------------------------------------------


def used_variables() -> set[str]:
    found: set[str] = set()
    for path in DEPLOY.rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            found |= set(
                re.findall(r"\b(?:KLINGDESK_[A-Z_]+|DATABASE_URL|CELERY_BROKER_URL)\b", text)
            )
    return found


def test_every_variable_is_one_of_the_desk_and_documented() -> None:
    used = used_variables()
    assert {"KLINGDESK_SECRET_KEY", "DATABASE_URL", "CELERY_BROKER_URL"} <= used
    documented = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    read = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "klingdesk").glob("*.py"))
    assert sorted(name for name in used if f"`{name}`" not in documented) == []
    assert sorted(name for name in used if f'"{name}"' not in read) == []


def test_every_variable_that_is_read_is_documented() -> None:
    documented = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    read: set[str] = set()
    for path in (ROOT / "klingdesk").glob("*.py"):
        read |= set(re.findall(r'"(KLINGDESK_[A-Z_]+[A-Z])"', path.read_text(encoding="utf-8")))
    assert sorted(name for name in read if f"`{name}`" not in documented) == []


def test_examples_hold_no_secret() -> None:
    for path in (*DEPLOY.glob("*.env.example"), DEPLOY / "kubernetes" / "secret.example.yaml"):
        for line in path.read_text().splitlines():
            if re.search(r"(SECRET_KEY|TOKEN|PASSWORD|_PASS)\b *[=:]", line):
                assert re.search(r'[=:] *(|"")$', line), f"{path.name}: {line}"
