"""The words by which a store's credential is linked where the person names its apps: one guide a store.

The wizard and docs/linking.md tell the same clicks; nothing here is asked or opened.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LinkGuide:
    """What the wizard says while a credential of a store is linked."""

    clicks: tuple[str, ...]
    """What has to be clicked before there is a file, a paragraph each."""
    after_clicks: str
    message: str
    """What is copied for whoever can do the clicks."""
    file_label: str
    file_words: str
    """Above the fields: where the file comes from."""
    apps_label: str
    apps_words: str
    """Beside the field, while it is empty."""
    bucket_label: str = ""
    """The field for the place with the files of past reviews; "" where there is none."""
    bucket_words: str = ""
    promise: str = ""
    """Below the fields: what is done with the file; `{folder}` is where key files lie."""


PLAY_GUIDE = LinkGuide(
    clicks=(
        "Google Cloud > APIs & Services > Library > Google Play Android Developer API > Enable",
        "Google Cloud > IAM & Admin > Service Accounts > Create service account: a name, no roles",
        "the account > Keys > Add key > Create new key > JSON. Google gives the file once; chmod 600 it",
        "Play Console > Users and permissions > Invite new users > the address of the service account"
        " (…@….iam.gserviceaccount.com) > App permissions > your apps > Reply to reviews",
        "for older reviews: Account permissions > View app information and download bulk reports",
    ),
    after_clicks=(
        "It takes effect after some minutes, at times a day. Rights in Google Cloud alone are not enough."
    ),
    message=(
        "Hello,\n\n"
        "I would like to answer our reviews on Google Play in ascinbox, a program on my own machine. "
        "It needs a service account that may reply to reviews, and nothing else:\n\n"
        "  1. Google Cloud > APIs & Services > Library > Google Play Android Developer API > Enable\n"
        "  2. Google Cloud > IAM & Admin > Service Accounts > Create service account: a name, no "
        "roles\n"
        "  3. the account > Keys > Add key > Create new key > JSON\n"
        "  4. Play Console > Users and permissions > Invite new users > the address of the service "
        "account > App permissions > our apps > Reply to reviews\n"
        "  5. there also: Account permissions > View app information and download bulk reports\n\n"
        "Please send me the JSON file by a safe way (not by mail), the names of the packages, and the"
        " name of the bucket (Play Console > Download reports > Reviews > Copy Cloud Storage URI). "
        "The key can be deleted in Google Cloud at any time.\n"
    ),
    file_label="JSON file",
    file_words=(
        "The JSON file is the one that Google Cloud let you download: IAM & Admin > Service Accounts "
        "> the account > Keys. Google's API lists no apps: name their packages, as they stand below "
        "the app's title in Play Console > All apps. The bucket is for reviews of more than a week "
        "ago: Play Console > Download reports > Reviews > Copy Cloud Storage URI."
    ),
    apps_label="Packages",
    apps_words="com.a, com.b",
    bucket_label="Bucket",
    bucket_words="none: last week only",
    promise=(
        "ascinbox never asks for a Google password. Nothing is saved before the last step; then what "
        "is needed of the file is copied to where you choose there (such as {folder}, 0600)."
    ),
)
