"""What a person did, from the verb that Google puts before or after a title in their language.

The verbs of watching in 28 languages are those that public parsers of YouTube histories list; the
others are the interface's own words as far as we know them. A verb that is not here is no error:
the title then stays whole, and for a search or a video the address says what was done.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cache

#: Action -> language -> the verb; ``*`` stands for the title.
VERBS: dict[str, dict[str, tuple[str, ...]]] = {
    "watch": {
        "en": ("Watched *",),
        "de": ("* angesehen", "Du hast * angesehen", "Angesehen: *"),
        "es": ("Has visto *", "Viste *"),
        "fr": ("Vous avez regardé *", "A regardé *"),
        "it": ("Hai guardato *",),
        "pt": ("Assistiu a *", "Você assistiu a *", "Viu *", "Assistiu *"),
        "nl": ("Je hebt naar * gekeken", "Je hebt * bekeken", "* bekeken", "Gekeken naar *"),
        "pl": ("Obejrzano: *", "Obejrzano *"),
        "ja": ("* を視聴しました", "*を視聴しました"),
        "ko": ("* 을(를) 시청했습니다.", "*을(를) 시청했습니다."),
        "tr": ("* adlı videoyu izlediniz", "* izlendi"),
        "ru": ("Просмотрено видео *", "Вы посмотрели видео *", "Вы посмотрели *"),
        "uk": ("Ви дивилися відео *", "Ви переглянули *"),
        "sv": ("Tittade på *", "Du tittade på *"),
        "da": ("Så *", "Du så *"),
        "nb": ("Så på *", "Du så på *"),
        "fi": ("* katsottiin", "Katsoit: *"),
        "cs": ("Zhlédli jste video *",),
        "ro": ("Ați vizionat *",),
        "el": ("Παρακολουθήσατε το βίντεο *",),
        "bg": ("Гледахте *",),
        "hu": ("Megtekintette a következőt: *",),
        "ar": ("تمت مشاهدة * .", "تمت مشاهدة *"),
        "az": ("* izlənildi",),
        "bn": ("* দেখা হয়েছে",),
        "fa": ("را تماشا کردید *", "* را تماشا کردید"),
        "fil": ("Pinanood ang *",),
        "hi": ("* देखा",),
        "ur": ("* دیکھی",),
    },
    "search": {
        "en": ("Searched for *", "Search for *"),
        "de": ("Gesucht nach: *", "Gesucht nach *", "Nach * gesucht", "Du hast nach * gesucht",
               "* gesucht"),
        "es": ("Has buscado *", "Buscaste *"),
        "fr": ("Vous avez recherché *", "Recherche de *", "A recherché *"),
        "it": ("Hai cercato *",),
        "pt": ("Pesquisou por *", "Pesquisou *", "Você pesquisou *", "Você pesquisou por *"),
        "nl": ("Gezocht naar *", "Je hebt gezocht naar *", "Je hebt naar * gezocht"),
        "pl": ("Wyszukano: *", "Wyszukano *", "Szukano: *"),
        "ja": ("* を検索しました", "*を検索しました"),
        "ko": ("*을(를) 검색했습니다.", "* 을(를) 검색했습니다.", "* 검색함"),
        "tr": ("* araması yapıldı", "* için arama yaptınız", "* araması yaptınız"),
        "ru": ("Вы искали *", "Выполнен поиск *", "Поисковый запрос: *", "Поиск: *"),
        "uk": ("Ви шукали *",),
        "sv": ("Sökte efter *", "Du sökte efter *"),
        "da": ("Søgte efter *", "Du søgte efter *"),
        "nb": ("Søkte etter *", "Du søkte etter *"),
        "fi": ("Haettiin: *", "Hait: *"),
        "cs": ("Vyhledali jste *", "Hledali jste *"),
        "ro": ("Ați căutat *",),
        "hu": ("Keresés: *",),
    },
    "visit": {
        "en": ("Visited *",),
        "de": ("* aufgerufen", "* besucht", "Besucht: *", "Aufgerufen: *"),
        "es": ("Has visitado *", "Visitaste *"),
        "fr": ("Vous avez consulté *", "Vous avez visité *", "A consulté *"),
        "it": ("Hai visitato *",),
        "pt": ("Visitou *", "Você visitou *", "Acessou *", "Você acessou *"),
        "nl": ("Je hebt * bezocht", "* bezocht", "Bezocht: *"),
        "pl": ("Odwiedzono: *", "Odwiedzono *"),
        "ja": ("* にアクセスしました", "*にアクセスしました"),
        "ko": ("*을(를) 방문했습니다.", "* 을(를) 방문했습니다.", "* 방문함"),
        "tr": ("* adresini ziyaret ettiniz", "* ziyaret edildi", "* sitesini ziyaret ettiniz"),
        "ru": ("Вы посетили *", "Вы посетили страницу *", "Посещено: *", "Вы открыли *"),
        "uk": ("Ви відвідали *",),
        "sv": ("Besökte *", "Du besökte *"),
        "da": ("Besøgte *", "Du besøgte *"),
        "nb": ("Besøkte *", "Du besøkte *"),
    },
    "view": {
        "en": ("Viewed *",),
        "es": ("Has consultado *",),
        "fr": ("Vous avez vu *", "Vous avez affiché *"),
        "it": ("Hai visualizzato *",),
        "pt": ("Visualizou *", "Você visualizou *"),
        "nl": ("* weergegeven",),
        "pl": ("Wyświetlono: *", "Wyświetlono *"),
        "ja": ("* を表示しました", "* を閲覧しました"),
        "ko": ("* 을(를) 확인했습니다.",),
    },
    "use": {"en": ("Used *",), "de": ("* verwendet", "* genutzt"), "es": ("Has usado *",),
            "fr": ("Vous avez utilisé *",), "it": ("Hai usato *",), "nl": ("* gebruikt",)},
    "listen": {"en": ("Listened to *",), "de": ("* angehört",)},
    "read": {"en": ("Read *",), "de": ("* gelesen",)},
    "ask": {"en": ("Asked *", "Asked: *", "Said *", "Prompted *")},
    "like": {"en": ("Liked *",)},
    "subscribe": {"en": ("Subscribed to *",)},
    "save": {"en": ("Saved *",)},
    "translate": {"en": ("Translated *",)},
    "route": {"en": ("Directions to *",)},
}  # fmt: skip

#: Titles that stand for a video that is gone, without its address, in some languages.
REMOVED = (
    "a video that has been removed", "ein video angesehen, das entfernt wurde",
    "ein video, das entfernt wurde", "un vídeo que se ha eliminado", "un video que se ha eliminado",
    "un video que se eliminó", "une vidéo qui a été supprimée", "une vidéo supprimée",
    "un video che è stato rimosso", "um vídeo que foi removido", "een video die is verwijderd",
    "film, który został usunięty", "削除された動画", "삭제된 동영상", "kaldırılmış bir video",
    "видео, которое было удалено", "удаленное видео",
)  # fmt: skip
PRIVATE = (
    "a private video", "private video", "ein privates video", "un vídeo privado",
    "un video privado", "une vidéo privée", "un video privato", "um vídeo privado",
    "een privévideo", "film prywatny", "非公開動画", "비공개 동영상", "özel video",
    "личное видео", "видео с ограниченным доступом",
)  # fmt: skip


@dataclass(frozen=True)
class Deed:
    """A title taken apart.

    Attributes:
        title: without the verb.
        action: one of the keys of :data:`VERBS`; '' where the verb is not known.
    """

    title: str
    action: str


@dataclass
class VerbReader:
    """Takes the titles of one file apart, whose language it learns from them.

    A German history may have a video called "Watched dogs": the language that most titles so far
    are in is tried first.

    Attributes:
        seen: how many titles were read in which language.
    """

    seen: Counter[str] = field(default_factory=Counter)

    @property
    def language(self) -> str:
        """The language of most titles so far; '' before the first."""
        return self.seen.most_common(1)[0][0] if self.seen else ""

    def read(self, title: str) -> Deed:
        """The title without its verb; whole where no verb of :data:`VERBS` is in it.

        Args:
            title: with plain spaces, e.g. ``"Searched for dovetails"``.
        """
        leader = self.language
        found = _read(title, leader) if leader else None
        language = leader
        if found is None:
            read = {name: _read(title, name) for name in _patterns()}
            several = {name: deed for name, deed in read.items() if deed is not None}
            if not several:
                return Deed(title, "")
            # Of equals the longest verb: "Så på" is Norwegian, "Så" Danish.
            language = max(several, key=lambda name: (self.seen[name], -len(several[name].title)))
            found = several[language]
        self.seen[language] += 1
        return found


def _read(title: str, language: str) -> Deed | None:
    for action, before, after in _patterns()[language]:
        if (
            len(title) > len(before) + len(after)
            and title.startswith(before)
            and title.endswith(after)
        ):
            return Deed(title[len(before) : len(title) - len(after)].strip(), action)
    return None


@cache
def _patterns() -> dict[str, list[tuple[str, str, str]]]:
    """Language -> action, what stands before the title and what after; the longest verbs first."""
    known: dict[str, list[tuple[str, str, str]]] = {}
    for action, languages in VERBS.items():
        for language, verbs in languages.items():
            for verb in verbs:
                before, after = verb.split("*")
                known.setdefault(language, []).append((action, before, after))
    for patterns in known.values():
        patterns.sort(key=lambda parts: -len(parts[1]) - len(parts[2]))
    return known
