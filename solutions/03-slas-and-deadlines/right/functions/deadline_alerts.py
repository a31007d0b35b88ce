"""Plain functions. What blocks runs in a thread, so that the triggerer's loop goes on."""

import asyncio
import json
import smtplib
from email.message import EmailMessage

import requests
from airflow.sdk import BaseHook, Variable


def known(dag_run):
    runs = json.loads(Variable.get("failures_told", default="[]"))
    return dag_run["state"] == "failed" and dag_run["dag_run_id"] in runs


def remember(run_id):
    runs = json.loads(Variable.get("failures_told", default="[]"))
    Variable.set("failures_told", json.dumps([*runs[-99:], run_id]))


def post(text):
    connection = BaseHook.get_connection("slack_webhook")
    reply = requests.post(connection.password, json={"text": text}, timeout=2)
    reply.raise_for_status()


def send_mail(to, subject, text):
    connection = BaseHook.get_connection("smtp_default")
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "airflow@example.com", to, subject
    message.set_content(text)
    with smtplib.SMTP(connection.host, connection.port, timeout=2) as server:
        if connection.login:
            server.login(connection.login, connection.password)
        server.send_message(message)


def alarm(context):
    dag_run, due = context["dag_run"], context["deadline"]["deadline_time"]
    if known(dag_run):
        return
    text = (
        f"LATE: {dag_run['dag_id']} should have been ready at {due.strftime('%H:%M')} UTC, "
        f"state: {dag_run['state']}, run: {dag_run['dag_run_id']}"
    )
    try:
        post(text)
    except requests.RequestException:
        send_mail("oncall@example.com", "Alarm, and Slack is down", text)


async def alarm_in_thread(context):
    await asyncio.to_thread(alarm, context)


async def warning_in_thread(context, what):
    dag_run = context["dag_run"]
    if not await asyncio.to_thread(known, dag_run):
        await asyncio.to_thread(post, f"{dag_run['dag_id']} {what} (run {dag_run['dag_run_id']})")
