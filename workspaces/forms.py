"""The forms of the sign-in page and the settings."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils import timezone

from workspaces import attempts
from workspaces.models import Role, Scope, User


class Email(forms.EmailField):
    default_error_messages = {"invalid": "This isn't an e-mail address. Enter one such as sam@example.com."}


class SignIn(forms.Form):
    email = Email(
        label="E-mail", widget=forms.EmailInput({"class": "in", "autocomplete": "username", "autofocus": True})
    )
    password = forms.CharField(
        label="Password", widget=forms.PasswordInput({"class": "in", "autocomplete": "current-password"})
    )


class Forgotten(forms.Form):
    email = Email(label="E-mail", widget=forms.EmailInput({"class": "in", "autocomplete": "username"}))


class NewPassword(forms.Form):
    password = forms.CharField(
        label="New password",
        widget=forms.PasswordInput({"class": "in", "autocomplete": "new-password"}),
        help_text="At least 10 characters.",
    )

    def __init__(self, user: User, data: Any = None) -> None:
        self.user = user
        super().__init__(data)

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        validate_password(password, self.user)
        return password


class NewWorkspace(forms.Form):
    name = forms.CharField(max_length=120, label="New workspace", widget=forms.TextInput({"class": "in"}))


class Code(forms.Form):
    code = forms.CharField(
        label="Code",
        max_length=40,
        help_text="The six digits that the app on your phone shows, or one of your recovery codes.",
        widget=forms.TextInput({"class": "in", "autocomplete": "one-time-code", "autofocus": True}),
    )


class FirstCode(Code):
    """Of an app that is being set up: there are no recovery codes yet."""

    code = forms.CharField(
        label="Code",
        max_length=40,
        help_text="The six digits that the app shows now.",
        widget=forms.TextInput({"class": "in", "autocomplete": "one-time-code", "autofocus": True}),
    )


class Invite(forms.Form):
    email = Email(label="E-mail", widget=forms.EmailInput({"class": "in", "placeholder": "sam@example.com"}))
    role = forms.ChoiceField(choices=Role.choices, initial=Role.EDITOR, widget=forms.Select({"class": "in"}))


class NewToken(forms.Form):
    name = forms.CharField(
        max_length=120, label="What it is for", widget=forms.TextInput({"class": "in", "placeholder": "Nightly import"})
    )
    role = forms.ChoiceField(choices=Role.choices, initial=Role.EDITOR, widget=forms.Select({"class": "in"}))
    days = forms.TypedChoiceField(
        choices=[("", "Never"), ("30", "In 30 days"), ("90", "In 90 days"), ("365", "In a year")],
        coerce=int,
        empty_value=None,
        required=False,
        label="Ends",
        widget=forms.Select({"class": "in"}),
    )
    scopes = forms.MultipleChoiceField(
        choices=Scope.choices,
        initial=Scope.values,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose what it may do."},
    )

    @property
    def line(self) -> list[forms.BoundField]:
        """The fields that stand beside each other."""
        return [self["name"], self["role"], self["days"]]

    def wanted(self) -> dict[str, Any]:
        """Returns what `api_tokens.create_for` takes."""
        days = self.cleaned_data["days"]
        ends_at = timezone.now() + timedelta(days=days) if days else None
        role, scopes = Role(self.cleaned_data["role"]), self.cleaned_data["scopes"]
        return {"name": self.cleaned_data["name"], "role": role, "scopes": scopes, "ends_at": ends_at}


class Account(forms.Form):
    name = forms.CharField(
        max_length=120, required=False, widget=forms.TextInput({"class": "in", "autocomplete": "name"})
    )
    email = Email(label="E-mail", widget=forms.EmailInput({"class": "in", "autocomplete": "email"}))
    password = forms.CharField(
        label="New password",
        required=False,
        widget=forms.PasswordInput({"class": "in", "autocomplete": "new-password"}),
        help_text="At least 10 characters. Leave empty to keep your current password.",
    )
    current_password = forms.CharField(
        required=False,
        widget=forms.PasswordInput({"class": "in", "autocomplete": "current-password"}),
        help_text="To change your e-mail or your password.",
    )

    def __init__(self, user: User, data: Any = None, *, asks_password: bool) -> None:
        self.user = user
        super().__init__(data, initial={"name": user.name, "email": user.email})
        if not asks_password:
            del self.fields["current_password"]

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).lower()
        if User.objects.filter(email=email).exclude(pk=self.user.pk).exists():
            raise forms.ValidationError("Someone else already uses this address.")
        return email

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        if password:
            validate_password(password, self.user)
        return password

    def clean(self) -> None:
        """Wants the current password for what would let somebody who finds an open browser keep the account."""
        new_email, new_password = self.cleaned_data.get("email", self.user.email), self.cleaned_data.get("password")
        if "current_password" not in self.fields or (new_email == self.user.email and not new_password):
            return
        given = self.cleaned_data.get("current_password", "")
        if not given:
            self.add_error("current_password", "Enter your current password to change your e-mail or your password.")
        elif not attempts.may_try("", f"account:{self.user.pk}"):
            self.add_error("current_password", "Too many attempts. Wait 15 minutes.")
        elif not self.user.check_password(given):
            self.add_error("current_password", "This isn't your current password.")

    def save(self) -> None:
        self.user.name = self.cleaned_data["name"]
        self.user.email = self.cleaned_data["email"]
        if self.cleaned_data["password"]:
            self.user.set_password(self.cleaned_data["password"])
        self.user.save()


class Join(forms.Form):
    """What somebody new says who follows an invitation."""

    name = forms.CharField(
        max_length=120, required=False, widget=forms.TextInput({"class": "in", "autocomplete": "name"})
    )
    password = forms.CharField(
        widget=forms.PasswordInput({"class": "in", "autocomplete": "new-password"}), help_text="At least 10 characters."
    )

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        validate_password(password)
        return password

    def save(self, user: User) -> User:
        """Stores them in the user, who is new."""
        user.name = self.cleaned_data["name"]
        user.set_password(self.cleaned_data["password"])
        user.save()
        return user
