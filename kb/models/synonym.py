"""Synonyms for matching, and the version that tells processes to rebuild their index."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Synonym(models.Model):
    """``variant`` is replaced by ``canonical`` before matching, in queries and in texts."""

    variant = models.CharField(_("variant"), max_length=60, unique=True)
    canonical = models.CharField(_("canonical word"), max_length=60)

    class Meta:
        verbose_name = _("synonym")
        verbose_name_plural = _("synonyms")
        ordering = ["canonical", "variant"]
        constraints = [
            models.CheckConstraint(
                name="synonym_differs_from_canonical", condition=~Q(variant=F("canonical"))
            )
        ]

    def __str__(self) -> str:
        return f"{self.variant} → {self.canonical}"


class StarterSynonym(models.Model):
    """A variant that the starter files have put in once: never again, an editor decides since."""

    variant = models.CharField(_("variant"), max_length=60, unique=True)

    class Meta:
        verbose_name = _("starter synonym")
        verbose_name_plural = _("starter synonyms")

    def __str__(self) -> str:
        return self.variant


class SearchIndexVersion(models.Model):
    """A single row; every change of searchable text raises ``number`` in its transaction."""

    number = models.PositiveBigIntegerField(default=1)

    class Meta:
        verbose_name = _("search index version")
        verbose_name_plural = _("search index versions")
        constraints = [models.CheckConstraint(name="one_search_index_version", condition=Q(id=1))]

    def __str__(self) -> str:
        return str(self.number)
