"""The mail stand-in."""

from __future__ import annotations

import smtplib
import socket

import pytest

from autograder.scenario import answers, never_answers, refuses


def test_a_mail_belongs_to_the_child_whose_login_it_used(rig):
    first, second = rig.child(1), rig.child(2, task_id="load", map_index=3, try_number=2, phase="after")
    second.call = 7
    rig.mail(second)
    rig.mail(first)
    load, extract = rig.collect().mails
    assert (load.execution, load.component, load.task_id, load.map_index) == (2, "worker", "load", 3)
    assert (load.try_number, load.phase, load.call, load.at) == (2, "after", 7, 10.0)
    assert (extract.execution, extract.task_id, extract.phase, extract.call) == (1, "extract", "before", None)
    assert (load.sender, load.to, load.subject, load.text) == (
        "airflow@example.com",
        ["team@example.com"],
        "Failed",
        "It failed.",
    )
    assert load.status == 250


@pytest.mark.parametrize("method", ["auth_login", "auth_plain"])
def test_either_way_of_logging_in_works(rig, method):
    fields = rig.services.connection("smtp", rig.child())
    with smtplib.SMTP(fields["host"], fields["port"], timeout=5) as client:
        client.ehlo()
        assert set(client.esmtp_features["auth"].split()) == {"LOGIN", "PLAIN"}
        client.user, client.password = fields["login"], fields["password"]
        code, _ = client.auth(method.removeprefix("auth_").upper(), getattr(client, method))
        assert code == 235


def test_without_a_login_no_mail_is_taken(rig):
    fields = rig.services.connection("smtp", rig.child())
    with (
        smtplib.SMTP(fields["host"], fields["port"], timeout=5) as client,
        pytest.raises(smtplib.SMTPSenderRefused) as caught,
    ):
        client.sendmail("a@example.com", ["b@example.com"], "Subject: x\r\n\r\n")
    assert caught.value.smtp_code == 530
    assert rig.collect().mails == []


def test_a_foreign_password_or_login_is_refused(rig):
    first, second = rig.child(1), rig.child(2)
    fields = rig.services.connection("smtp", first)
    theirs = rig.services.connection("smtp", second)
    tried = (
        (fields["login"], "wrong"),
        (theirs["login"], fields["password"]),
        (theirs["login"], theirs["password"]),
        (fields["login"], first.keys.leases),
        ("", ""),
    )
    for login, password in tried:
        with smtplib.SMTP(fields["host"], fields["port"], timeout=5) as client:
            client.ehlo()
            with pytest.raises(smtplib.SMTPAuthenticationError) as caught:
                client.login(login, password)
            assert caught.value.smtp_code == 535
    collected = rig.collect()
    assert collected.mails == []
    shown = {(wrong.execution, wrong.stand_in, wrong.owner) for wrong in collected.wrong_keys}
    assert shown == {(1, "smtp", None), (1, "smtp", 2), (1, "smtp", 1)}


def test_a_login_of_an_earlier_scenario_is_nobody(rig):
    earlier = rig.services.connection("smtp", rig.child())
    rig.begin()
    fields = rig.services.connection("smtp", rig.child())
    with (
        smtplib.SMTP(fields["host"], fields["port"], timeout=5) as client,
        pytest.raises(smtplib.SMTPAuthenticationError),
    ):
        client.login(earlier["login"], earlier["password"])
    assert {wrong.owner for wrong in rig.collect().wrong_keys} == {None}


def test_refuses_means_that_nobody_listens(rig):
    rig.begin(mail=refuses())
    fields = rig.services.connection("smtp", rig.child())
    with pytest.raises(ConnectionRefusedError):
        smtplib.SMTP(fields["host"], fields["port"], timeout=5)


def test_never_answers_takes_the_connection_and_says_nothing(rig):
    rig.begin(mail=never_answers())
    fields = rig.services.connection("smtp", rig.child())
    with socket.create_connection((fields["host"], fields["port"]), timeout=0.2) as client:
        client.sendall(b"EHLO there\r\n")
        with pytest.raises(TimeoutError):
            client.recv(1)


def test_a_new_scenario_ends_the_silence_of_the_last(rig):
    rig.begin(mail=never_answers())
    fields = rig.services.connection("smtp", rig.child())
    with socket.create_connection((fields["host"], fields["port"]), timeout=5) as client:
        client.sendall(b"EHLO there\r\n")
        rig.services.drain()
        rig.begin()
        assert client.recv(1) == b""
    rig.mail(rig.child())
    assert len(rig.collect().mails) == 1


def test_answers_refuses_each_mail_with_that_code_and_records_it(rig):
    rig.begin(mail=answers(451))
    child = rig.child()
    for _ in range(2):
        with pytest.raises(smtplib.SMTPDataError) as caught:
            rig.mail(child)
        assert caught.value.smtp_code == 451
    assert [mail.status for mail in rig.collect().mails] == [451, 451]


def test_several_mails_go_through_one_connection(rig):
    child = rig.child()
    client = rig.login(child)
    for subject in "abc":
        client.sendmail(
            "a@example.com", ["b@example.com", "c@example.com"], f"Subject: {subject}\r\n\r\n{subject}"
        )
    client.quit()
    mails = rig.collect().mails
    assert [mail.subject for mail in mails] == ["a", "b", "c"]
    assert mails[0].to == ["b@example.com", "c@example.com"]


def test_a_line_longer_than_the_protocol_allows_is_taken(rig):
    rig.mail(rig.child(), "Subject: x\r\n\r\n" + "y" * 5000)
    assert rig.collect().mails[0].text == "y" * 5000
