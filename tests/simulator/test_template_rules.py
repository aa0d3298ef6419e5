"""What Meta refuses when a template is submitted."""

import pytest

from .conftest import WABA


def named(name, example):
    return {"param_name": name, "example": example}


def template(text, *examples, **more):
    part = {"type": "BODY", "text": text}
    if examples:
        part["example"] = {"body_text": [list(examples)]}
    return {
        "name": "a_rule",
        "language": "en",
        "category": "UTILITY",
        "components": [part],
        **more,
    }


def with_names(text, **examples):
    given = template(text, parameter_format="NAMED")
    samples = [named(name, example) for name, example in examples.items()]
    given["components"][0]["example"] = {"body_text_named_params": samples}
    return given


def beside(*components):
    given = template("Please come in.")
    given["components"] += components
    return given


def header(text, **more):
    return beside({"type": "HEADER", "format": "TEXT", "text": text, **more})


def footer(text):
    return beside({"type": "FOOTER", "text": text})


def buttons(*given):
    return beside({"type": "BUTTONS", "buttons": list(given)})


def label(text):
    return {"type": "QUICK_REPLY", "text": text}


def address(url, **more):
    return {"type": "URL", "text": "Follow", "url": url, **more}


def phone(number):
    return {"type": "PHONE_NUMBER", "text": "Call", "phone_number": number}


def code(*components, **more):
    known = {"name": "a_code", "language": "en", "category": "AUTHENTICATION"}
    return {**known, "components": list(components), **more}


OTP = {"type": "BUTTONS", "buttons": [{"type": "OTP", "otp_type": "COPY_CODE"}]}
WORDS = "Token {{1}} is next, please come in."
EDGE, FORM, MANY, LONG = 2388299, 2388072, 2388293, 2388040
NO_EXAMPLE, NOT_VALID, HEADER, FOOTER = 2388043, 2388042, 2388047, 2388073
REFUSED = {
    "begins": (template("{{1}} is next now.", "8"), EDGE),
    "begins after a space": (template(" {{1}} is next now.", "8"), EDGE),
    "begins after an emoji": (template("🔔 {{1}} is next now.", "8"), EDGE),
    "begins after a key cap": (template("1️⃣ {{1}} is next now.", "8"), EDGE),
    "begins after a sign": (template("₹{{1}} is to be paid.", "8"), EDGE),
    "begins after markup": (template("*{{1}}* is next now.", "8"), EDGE),
    "ends": (template("The next token is {{1}}", "8"), EDGE),
    "ends before a stop": (template("The next token is {{1}}.", "8"), EDGE),
    "ends before a danda": (template("अब बारी आ गई है {{1}}।", "8"), EDGE),
    "ends before an emoji": (template("The next token is {{1}} 🔔", "8"), EDGE),
    "only a variable": (template("{{1}}", "8"), EDGE),
    "touching": (template("Please go in {{1}}{{2}} now, it is time.", "a", "b"), FORM),
    "side by side": (template("Please go in {{1}} {{2}} now, it is time.", "a", "b"), FORM),
    "on two lines": (template("Please go in {{1}}\n{{2}} now, it is time.", "a", "b"), FORM),
    "five spaces": (template("Please     come in."), FORM),
    "tab": (template("Please\tcome in."), FORM),
    "three line breaks": (template("Please\n\n\ncome in."), FORM),
    "three breaks of Windows": (template("Please\r\n\r\n\r\ncome in."), FORM),
    "three breaks with spaces": (template("Please\n \n \ncome in."), FORM),
    "few words": (template("Token {{1}} with {{2}} is next.", "8", "Dr Rao"), MANY),
    "signs are no words": (template("Token {{1}} – with {{2}} – is next.", "8", "R"), MANY),
    "long": (template("x" * 1025), LONG),
    "long in UTF-16": (template("Come in. " + "🔔" * 508), LONG),
    "long when filled": (template(WORDS + "x" * 980, "8" * 30), LONG),
    "one brace": (template("Token {1} is next, please come in."), FORM),
    "brace not closed": (template("Token {{1} is next, please come in."), FORM),
    "three braces": (template("Token {{{1}}} is next, please come in.", "8"), FORM),
    "numbered from 2": (template("Token {{2}} is next now.", "8"), NOT_VALID),
    "number with a space": (template("Token {{ 1 }} is next now.", "8"), NOT_VALID),
    "special": (template("Token {{#1}} is next now.", "8"), NOT_VALID),
    "name by place": (template("Token {{token}} is next now.", "8"), NOT_VALID),
    "special name": (with_names("Pay {{amount$}} at the desk.", amount="₹50"), NOT_VALID),
    "capital name": (with_names("Pay {{Amount}} at the desk.", Amount="₹50"), NOT_VALID),
    "no name": (with_names("Pay {{}} at the desk.", amount="₹50"), NOT_VALID),
    "no example": (template(WORDS), NO_EXAMPLE),
    "blank example": (template(WORDS, " "), NO_EXAMPLE),
    "two examples": (template(WORDS, "8", "9"), NO_EXAMPLE),
    "no named example": (with_names("Pay {{amount}} at the desk."), NO_EXAMPLE),
    "another's example": (with_names("Pay {{amount}} at the desk.", sum="₹5"), NO_EXAMPLE),
    "example with a break": (template(WORDS, "8\n9"), FORM),
    "header long": (header("x" * 61), LONG),
    "header long in UTF-16": (header("𝒳" * 31), LONG),
    "header break": (header("Your\nturn"), HEADER),
    "header markup": (header("*Your turn*"), HEADER),
    "header emoji": (header("🔔 Your turn"), HEADER),
    "header variables": (header("{{1}} of {{2}}"), HEADER),
    "header no example": (header("Token {{1}}"), NO_EXAMPLE),
    "header form": (beside({"type": "HEADER", "format": "POEM"}), HEADER),
    "footer long": (footer("x" * 61), LONG),
    "footer break": (footer("City\nClinic"), FOOTER),
    "footer emoji": (footer("City Clinic 🏥"), FOOTER),
    "footer variable": (footer("City {{1}}"), FOOTER),
    "label long": (buttons(label("x" * 26)), LONG),
    "label long in UTF-16": (buttons(label("𝒳" * 13)), LONG),
    "label empty": (buttons(label("")), NO_EXAMPLE),
    "label emoji": (buttons(label("Yes 👍")), NOT_VALID),
    "label markup": (buttons(label("*Yes*")), NOT_VALID),
    "label variable": (buttons(label("Pay {{1}}")), NOT_VALID),
    "labels alike": (buttons(label("Yes"), label("Yes")), NOT_VALID),
    "eleven": (buttons(*(label(f"Button {n}") for n in range(11))), NOT_VALID),
    "no button": (buttons(), NOT_VALID),
    "no object": (buttons("Yes"), NOT_VALID),
    "unknown button": (buttons({"type": "POEM", "text": "Read"}), NOT_VALID),
    "apart": (buttons(label("A"), phone("+918040001000"), label("B")), NOT_VALID),
    "apart with an address": (
        buttons(label("A"), address("https://example.test"), label("B")),
        NOT_VALID,
    ),
    "no phone": (buttons({"type": "PHONE_NUMBER", "text": "Call"}), NOT_VALID),
    "no address": (buttons(address("example.test")), NOT_VALID),
    "variable within": (buttons(address("https://a.test/{{1}}/b", example=["b"])), NOT_VALID),
    "address no example": (buttons(address("https://a.test/{{1}}")), NO_EXAMPLE),
    "unknown component": (beside({"type": "POEM"}), NOT_VALID),
    "two bodies": (beside({"type": "BODY", "text": "And out."}), NOT_VALID),
    "no body": (template("", components=[]), NOT_VALID),
    "code with words": (code({"type": "BODY", "text": "Your code: {{1}}"}, OTP), NOT_VALID),
    "code no button": (code({"type": "BODY"}), NOT_VALID),
    "code with header": (
        code({"type": "BODY"}, {"type": "HEADER", "format": "TEXT", "text": "Code"}, OTP),
        NOT_VALID,
    ),
    "code with a reply": (
        code({"type": "BODY"}, {"type": "BUTTONS", "buttons": [label("Yes")]}),
        NOT_VALID,
    ),
    "code for 91 minutes": (
        code({"type": "BODY"}, {"type": "FOOTER", "code_expiration_minutes": 91}, OTP),
        NOT_VALID,
    ),
    "format": (template("Please come in.", parameter_format="SPOKEN"), NOT_VALID),
    "name with a line break": (template("Please come in.", name="a_rule\n"), NOT_VALID),
    "language": (template("Please come in.", language="English"), NOT_VALID),
}
ACCEPTED = {
    "text around": (template("The token {{1}} is next now.", "8")),
    "digits around": (template("24 {{1}} pay now 7", "8")),
    "letters of Hindi": (template("अब {{1}} की बारी है।", "8")),
    "an emoji and text": (template("🔔 Token {{1}} is next now. 🔔", "8")),
    "words enough": (template("Token {{1}} with {{2}} is next now.", "8", "Dr Rao")),
    "four spaces, two breaks": (template("Please    come\n\nin.")),
    "longest": (template("x" * 1024)),
    "longest in UTF-16": (template("🔔" * 512)),
    "header with a variable": (header("Token {{1}}", example={"header_text": ["8"]})),
    "longest label": (buttons(label("x" * 25))),
    "a code": (code({"type": "BODY"}, OTP)),
    "a code with names": (code({"type": "BODY"}, OTP, parameter_format="NAMED")),
}


@pytest.mark.parametrize(("given", "subcode"), REFUSED.values(), ids=REFUSED)
def test_a_template_is_refused_for_its_form(sim, given, subcode):
    answer = sim.graph(f"{WABA}/message_templates", given)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["error_subcode"]) == (400, 100, subcode)
    assert error["error_data"]["details"]


@pytest.mark.parametrize("given", ACCEPTED.values(), ids=ACCEPTED)
def test_a_template_of_the_right_form_is_taken(sim, given):
    answer = sim.graph(f"{WABA}/message_templates", given)
    assert answer.json()["status"] == "APPROVED", answer.text
    path = f"{WABA}/message_templates?name={given['name']}"
    assert sim.graph(path, method="DELETE").ok


def test_an_edit_is_held_to_the_same_rules(sim):
    made = sim.graph(f"{WABA}/message_templates", template("Please come in.")).json()
    wrong = template("{{1}} is next now.", "8")["components"]
    error = sim.graph(made["id"], {"components": wrong}).json()["error"]
    assert (error["code"], error["error_subcode"]) == (100, EDGE)
    assert sim.graph(f"{WABA}/message_templates?name=a_rule", method="DELETE").ok
