"""Prompts that other projects publish for naming a group of texts, filled with our evidence.

BERTopic's is read from the installed package (MIT licence; bertopic.representation._openai,
DEFAULT_CHAT_PROMPT and DEFAULT_SYSTEM_PROMPT). Toponymy's is quoted from its templates (BSD
2-clause licence; TutteInstitute/toponymy, toponymy/templates.py, PROMPT_TEMPLATES["layer"],
revision 05655bc), for a layer without subtopics and with its "clear and concise (3 to 6 word)"
kind.
"""

from __future__ import annotations

import json
import re

from journeys.naming import Evidence
from journeys.naming.checks import tidy

#: Both show a few texts and ten keywords by default.
DOCUMENTS, KEYWORDS = 4, 10
EXEMPLARS = 8

Message = dict[str, str]


def bertopic_messages(evidence: Evidence) -> list[Message]:
    """BERTopic's prompt with four texts and ten keywords, its defaults."""
    from bertopic.representation import _openai as published

    documents = "".join(f"- {title}\n" for title in evidence.titles[:DOCUMENTS])
    filled = published.DEFAULT_CHAT_PROMPT.replace("[DOCUMENTS]", documents)
    filled = filled.replace("[KEYWORDS]", " ".join(evidence.keyphrases[:KEYWORDS]))
    return [
        {"role": "system", "content": published.DEFAULT_SYSTEM_PROMPT},
        {"role": "user", "content": filled},
    ]


def bertopic_name(answer: str) -> str:
    """The label behind "topic: ", as BERTopic reads it."""
    return tidy(answer.replace("topic: ", "").strip().splitlines()[0]) if answer.strip() else ""


_KIND = "clear and concise (3 to 6 word)"
_TOPONYMY_SYSTEM = f"""
You are an expert at classifying posts from an online forum into topics.
Your task is to analyze information about a group of posts and assign a {_KIND} name to this group.
The response must be in JSON formatted as {{"topic_name":<NAME>, "topic_specificity":<SCORE>}}
where NAME is the topic name you generate and SCORE is a float value between 0.0 and 1.0,
representing how specific and well-defined the topic name is given the input information.
A score of 1.0 means a perfectly descriptive and specific name, while 0.0 would be a completely \
generic or unrelated name.
Ensure your entire response is only the JSON object, with no other text before or after it.
"""
_TOPONYMY_USER = f"""
Here is the information about the group of posts:

- Keywords for this group include: KEYWORDS
- Sample posts from this group include:
SENTENCES

Based on this information, provide a {_KIND} name for this group.
Recall the output format: {{"topic_name":<NAME>, "topic_specificity":<SCORE>}}.
"""


def toponymy_messages(evidence: Evidence) -> list[Message]:
    """Toponymy's prompt with keywords and exemplars."""
    sentences = "\n".join(f'    * "{title}"' for title in evidence.titles[:EXEMPLARS])
    user = _TOPONYMY_USER.replace("KEYWORDS", ", ".join(evidence.keyphrases[:KEYWORDS]))
    return [
        {"role": "system", "content": _TOPONYMY_SYSTEM},
        {"role": "user", "content": user.replace("SENTENCES", sentences)},
    ]


def toponymy_name(answer: str) -> str:
    """The topic_name of the JSON object, or what stands in its place."""
    try:
        return tidy(
            str(json.loads(answer[answer.index("{") : answer.rindex("}") + 1])["topic_name"])
        )
    except (ValueError, KeyError, TypeError):
        cut = re.search(r'"topic_name"\s*:\s*"([^"]*)', answer)
        return tidy(cut[1]) if cut else ""
