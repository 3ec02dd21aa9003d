"""Paths without anybody's number: what everything after the inbox may know of a file or folder that is named after a person.

A mask makes names equal, so they are numbered. The number of a folder or file is the one under which its files were received before
(same size and time), so that it stays when others come, go or change; nothing of what the mask hides is remembered.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import count

from sources.identity import RUN, is_identity_number, is_old_number, numbers_in, phone_of
from sources.inbox import InboxFile
from sources.scattered import runs_of_persons

MASK = "＊＊＊"
_Known = Mapping[str, tuple[int, int]]


def masked(path: str) -> str:
    """A path without identity and telephone numbers in the names of its files and folders. Names stay: the sender must know which file."""
    if sum(map(str.isdecimal, path)) < 11:
        return path
    for run in runs_of_persons(path):
        path = path.replace(run, MASK)
    for run in {found[0] for found in RUN.finditer(path)}:
        if any(_is_of_person(number) for number in numbers_in(run)):
            path = path.replace(run, MASK)
    return path


def _is_of_person(number: str) -> bool:
    return is_identity_number(number) or is_old_number(number) or phone_of(number) is not None


def with_masked_paths(files: Iterable[InboxFile], known: Container[str] = ()) -> Iterator[InboxFile]:
    """Files of an inbox as everything after may know them, in their order.

    known: paths that need no mask, because they were received under their own name; where it tells size and time of each (path → (size,
    mtime_ns)), masked ones keep the names that they were received under.
    """
    found = list(files)
    hidden = [file for file in found if file.path not in known and masked(file.path) is not file.path]
    if not hidden:
        yield from found
        return
    sizes: _Known = known if isinstance(known, Mapping) else {}
    shown = _shown([(file.path.split("/"), file) for file in hidden], "", sizes)
    met: dict[str, int] = {}
    for path, name in shown.items():
        if (whole := masked(name)) is not name:  # a number that is parted by folders
            met[whole] = met.get(whole, 0) + 1
            shown[path] = f"{whole} ({met[whole]})" if met[whole] > 1 else whole
    for file in found:
        yield file._replace(path=shown[file.path]) if file.path in shown else file


_Branch = tuple[Sequence[str], InboxFile]
"""What is left of a file's path below some folder, and the file."""


def _shown(branches: Sequence[_Branch], above: str, known: _Known) -> dict[str, str]:
    """Path → path to show, of files below one folder; `above`: that folder's path as it is shown, with '/'."""
    names: dict[str, list[_Branch]] = {}
    for parts, file in branches:
        names.setdefault(parts[0], []).append((parts[1:], file))
    alike: dict[str, list[str]] = {}
    for name in names:
        alike.setdefault(masked(name), []).append(name)
    found: dict[str, str] = {}
    for plain, of_name in alike.items():
        for name, shown in _told_apart(plain, of_name, names, above, known).items():
            files = [branch for branch in names[name] if not branch[0]]
            found.update({file.path: f"{above}{shown}" for _, file in files})
            if len(files) < len(names[name]):
                found.update(_shown([branch for branch in names[name] if branch[0]], f"{above}{shown}/", known))
    return found


def _told_apart(plain: str, names: Sequence[str], branches: Mapping[str, Sequence[_Branch]], above: str, known: _Known) -> dict[str, str]:
    """Name → name to show, of names that the mask makes equal: first those received before, under the number they had then.

    Of the others a lone one is the lone one that is not there any more, changed; else nobody can tell, and each has a number of its own.
    """
    if list(names) == [plain]:
        return {plain: plain}
    numbered = re.compile(re.escape(plain) + r"( \(\d+\))?(?=/|$)")
    used = list(dict.fromkeys(m[0] for path in known if path.startswith(f"{above}{plain}") and (m := numbered.match(path, len(above)))))
    votes = {(name, label): sum(_is_known(b, f"{above}{label}", known) for b in branches[name]) for name in names for label in used}
    given: dict[str, str] = {}
    for name, label in sorted(votes, key=lambda pair: -votes[pair]):
        if votes[name, label] and name not in given and label not in given.values():
            given[name] = label
    new, gone = [name for name in names if name not in given], [label for label in used if label not in given.values()]
    if len(new) == len(gone) == 1:
        return {**given, new[0]: gone[0]}
    fresh = (label for n in count(1) if (label := f"{plain} ({n})" if n > 1 else plain) not in used)
    return {**given, **dict(zip(new, fresh, strict=False))}


def _is_known(branch: _Branch, shown: str, known: _Known) -> bool:
    """Whether a file was received from below this name with its size and time."""
    rest, file = branch
    return known.get("/".join((shown, *map(masked, rest)))) == (file.size, file.mtime_ns)
