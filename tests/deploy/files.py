"""What ``deploy/`` holds, read once."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
KUBERNETES = sorted((DEPLOY / "kubernetes").glob("*.yaml"))


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return found


def resources() -> list[dict[str, Any]]:
    """Every Kubernetes object but the kustomization itself."""
    return [
        document
        for path in KUBERNETES
        if path.name != "kustomization.yaml"
        for document in yaml.safe_load_all(path.read_text())
    ]


def resource(kind: str, name: str) -> dict[str, Any]:
    (found,) = [
        each for each in resources() if (each["kind"], each["metadata"]["name"]) == (kind, name)
    ]
    return found


def pods() -> dict[str, dict[str, Any]]:
    """The pod of each Deployment and Job, by its name."""
    return {
        each["metadata"]["name"]: each["spec"]["template"]["spec"]
        for each in resources()
        if each["kind"] in {"Deployment", "Job"}
    }


def alerts() -> list[dict[str, Any]]:
    document = yaml.safe_load((DEPLOY / "alerts.yaml").read_text())
    return [rule for group in document["groups"] for rule in group["rules"]]


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DEPLOY / "dashboard.json").read_text())
    return found


def containerfile() -> list[str]:
    """Its instructions, continued lines joined, without comments."""
    lines = (DEPLOY / "Containerfile").read_text().splitlines()
    text = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    return [line for line in re.sub(r"\\\n\s*", "", text).splitlines() if line.strip()]
