"""The emoji names that alerts use, and what Slack shows for them. Any other name is shown as a name."""

from __future__ import annotations

__all__ = ["EMOJI"]

EMOJI = {
    "+1": "👍", "-1": "👎", "alarm_clock": "⏰", "ambulance": "🚑", "arrow_right": "➡️",
    "ballot_box_with_check": "☑️", "bar_chart": "📊", "bell": "🔔", "black_circle": "⚫",
    "boom": "💥", "broom": "🧹", "bug": "🐛", "calendar": "📆",
    "chart_with_downwards_trend": "📉", "chart_with_upwards_trend": "📈",
    "clipboard": "📋", "clock1": "🕐", "computer": "💻", "construction": "🚧", "email": "📧",
    "envelope": "✉️", "exclamation": "❗", "eyes": "👀", "file_folder": "📁", "fire": "🔥",
    "fire_engine": "🚒", "gear": "⚙️", "green_heart": "💚", "hammer": "🔨",
    "hammer_and_wrench": "🛠️", "heavy_check_mark": "✔️", "hourglass": "⌛",
    "hourglass_flowing_sand": "⏳", "information_source": "ℹ️", "key": "🔑",
    "large_blue_circle": "🔵", "large_green_circle": "🟢", "large_orange_circle": "🟠",
    "large_red_square": "🟥", "large_yellow_circle": "🟡", "link": "🔗", "lock": "🔒",
    "loudspeaker": "📢", "mag": "🔍", "mailbox": "📫", "mega": "📣", "memo": "📝",
    "no_entry": "⛔", "no_entry_sign": "🚫", "octagonal_sign": "🛑", "ok": "🆗",
    "page_facing_up": "📄", "pushpin": "📌", "question": "❓", "recycle": "♻️",
    "red_circle": "🔴", "repeat": "🔁", "robot_face": "🤖", "rocket": "🚀",
    "rotating_light": "🚨", "skull": "💀", "snail": "🐌", "sos": "🆘",
    "speech_balloon": "💬", "stop_sign": "🛑", "stopwatch": "⏱️", "tada": "🎉",
    "thumbsdown": "👎", "thumbsup": "👍", "ticket": "🎫", "timer_clock": "⏲️",
    "toolbox": "🧰", "traffic_light": "🚥", "unlock": "🔓", "vertical_traffic_light": "🚦",
    "wastebasket": "🗑️", "warning": "⚠️", "wave": "👋", "white_check_mark": "✅",
    "white_circle": "⚪", "wrench": "🔧", "x": "❌", "zap": "⚡", "zzz": "💤",
}  # fmt: skip
