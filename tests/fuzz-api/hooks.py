"""Lets the fuzzer reach more than 404, and counts what was answered.

Of the cases that are meant to be right, two of three are pointed at something that is there, by the ids in the path and
the user of a product, and an idempotency key is their own. The other third, and every case that is meant to be wrong, are
sent as they were made.
"""

import atexit
import collections
import itertools
import json
import os
import threading

import schemathesis
import stand
from hypothesis import strategies
from schemathesis.generation import GenerationMode
from schemathesis.generation.meta import TestPhase

USES = 20
"""How often a thing that is there is used before the next is made."""

api = stand.Api(os.environ["FUZZ_URL"], os.environ["FUZZ_ORIGIN"])
user = int(os.environ["FUZZ_USER"])
turns = itertools.count()
lock = threading.Lock()
answers = collections.defaultdict(collections.Counter)


class Shelf:
    """Things of one kind, each used some times."""

    def __init__(self, make):
        self.make, self.thing, self.left = make, None, 0

    def take(self, uses):
        with lock:
            if not self.left:
                self.thing, self.left = self.make(), uses
            self.left -= 1
            return self.thing


def uploaded():
    product = api.product(user)["id"]
    return {"id": product, "image_id": api.upload(product)}


def failed():
    product, image = api.failed_image(user)
    return {"id": product, "image_id": image}


products = Shelf(lambda: {"id": api.product(user)["id"]})
uploads = Shelf(uploaded)
failures = Shelf(failed)
letters = Shelf(lambda: {"id": api.letter(user)})
media = Shelf(lambda: {"key": api.media_key(user)})

# By operation: where its ids come from, and how often one of them can be used.
SHELVES = {
    "get_user": (Shelf(lambda: {"id": user}), USES),
    "get_product": (products, USES),
    "replace_product": (products, USES),
    "edit_product": (products, USES),
    "delete_product": (Shelf(products.make), 1),
    # A product takes 20 images.
    "add_images": (Shelf(products.make), 10),
    "get_image": (uploads, USES),
    "replace_image": (uploads, USES),
    "edit_image": (uploads, USES),
    "delete_image": (Shelf(uploaded), 1),
    "retry_image": (failures, 1),
    "retry_dead_letter": (letters, 1),
    "discard_dead_letter": (letters, 1),
    "get_rendition": (media, USES),
}

TAG = strategies.from_regex(r'\A(W/)?"[!#-~]{0,20}"\Z')
TAGS = strategies.lists(TAG, min_size=1, max_size=4).map(", ".join)
# The fuzzer makes headers of letters and digits where it is not told how: no entity tag is among them.
schemathesis.openapi.format("entity-tags", strategies.just("*") | TAGS)


@schemathesis.hook
def before_load_schema(context, raw_schema):
    for item in raw_schema["paths"].values():
        for operation in item.values():
            for parameter in operation.get("parameters", []):
                if parameter["name"] == "If-Match":
                    parameter["schema"]["format"] = "entity-tags"


@schemathesis.hook
def before_call(context, case, kwargs):
    # A sequence has its own ids: those of its first answers.
    if not case.meta or case.meta.phase.name == TestPhase.STATEFUL:
        return
    if case.meta.generation.mode != GenerationMode.POSITIVE:
        return
    turn = next(turns)
    if turn % 3 == 2:
        return
    operation = case.operation.definition.raw["operationId"]
    if operation in SHELVES and case.method == case.operation.method.upper():
        shelf, uses = SHELVES[operation]
        case.path_parameters = dict(case.path_parameters, **shelf.take(uses))
    if "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = f"case-{turn}"
    if isinstance(case.body, dict) and "user_id" in case.body:
        case.body = dict(case.body, user_id=user)


@schemathesis.hook
def after_call(context, case, response):
    # A request with another method than the operation's is not one of its cases.
    if response.request.method == case.operation.method.upper():
        with lock:
            answers[case.operation.label][response.status_code] += 1


@atexit.register
def write():
    with open(os.environ["FUZZ_ANSWERS"], "w", encoding="utf-8") as file:
        json.dump(answers, file)
