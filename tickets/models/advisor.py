"""What routing must know of an advisor: skills, capacity, shifts, absences."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

USUAL_CAPACITY = 20


class AdvisorProfile(models.Model):
    """An advisor without one has no skills, the usual capacity and works all working hours."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="advisor_profile",
        verbose_name=_("advisor"),
    )
    skills = ArrayField(
        models.SlugField(max_length=40), verbose_name=_("skills"), default=list, blank=True
    )
    capacity = models.PositiveSmallIntegerField(
        _("open tickets at most"), default=USUAL_CAPACITY, validators=[MaxValueValidator(500)]
    )

    class Meta:
        verbose_name = _("advisor's profile")
        verbose_name_plural = _("advisors' profiles")

    def __str__(self) -> str:
        return str(self.person)


class Shift(models.Model):
    """A weekly shift, local time; on days that are no working day nobody has one.

    ``weekday`` is 0 (Monday) to 6. How shifts, working days and make-up workdays go together
    is told in ``tickets.rules.assignment.is_on_shift``.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="shifts",
        verbose_name=_("advisor"),
    )
    weekday = models.PositiveSmallIntegerField(_("weekday"), validators=[MaxValueValidator(6)])
    starts = models.TimeField(_("from"))
    ends = models.TimeField(_("until"))

    class Meta:
        verbose_name = _("shift")
        verbose_name_plural = _("shifts")
        ordering = ["person", "weekday", "starts"]
        constraints = [
            models.CheckConstraint(
                name="shift_is_a_stretch_of_a_weekday",
                condition=Q(starts__lt=F("ends"), weekday__lte=6),
            )
        ]

    def __str__(self) -> str:
        return f"{self.weekday} {self.starts:%H:%M}-{self.ends:%H:%M}"


class Absence(models.Model):
    """Leave from ``first_day`` to ``last_day``, both included."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="absences",
        verbose_name=_("advisor"),
    )
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    reason = models.CharField(_("reason"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        ordering = ["-first_day"]
        indexes = [models.Index(fields=["person", "last_day"], name="absence_by_person")]
        constraints = [
            models.CheckConstraint(
                name="absence_ends_after_it_begins", condition=Q(last_day__gte=F("first_day"))
            )
        ]

    def __str__(self) -> str:
        return f"{self.first_day:%Y-%m-%d} – {self.last_day:%Y-%m-%d}"
