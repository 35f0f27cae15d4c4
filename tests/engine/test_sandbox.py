"""Formulas that mean harm: each ends, its row is told, and neither the next row nor anybody else notices."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator

import pytest
import quickjs

from enrichment.engine import formula
from enrichment.engine.formula import Computed, Evaluators, Formula, SandboxBusy
from enrichment.engine.sandbox import child, evaluation, process
from enrichment.engine.template.paths import MISSING
from enrichment.engine.template.references import Reason, Unavailable

NAMES = {1: "A"}
DEADLINE = 0.3
SANE = formula.compile("{{A}} + 1", NAMES)


@pytest.fixture(autouse=True)
def no_process_stays() -> Iterator[None]:
    yield
    process.close()


def on_evil_row(expression: str) -> Formula:
    """Does harm in the rows that hold "evil"; elsewhere it looks at what others may have left behind."""
    left = "globalThis.x ?? _.x ?? moment.x ?? [].x ?? ({}).x ?? (() => 1).x ?? ({{A}}).x ?? 'clean'"
    return formula.compile(f"{{{{A}}}} === 'evil' ? ({expression}) : ({left})", NAMES)


def evaluate(compiled: Formula, *values: object, deadline: float = DEADLINE) -> list[Computed]:
    with Evaluators(deadline=deadline) as evaluators:
        return evaluators.evaluate(compiled, [{1: value} for value in values])


ENDLESS = {
    "a loop": "(() => { for (;;); })()",
    "a loop that catches": "(() => { for (;;) { try { for (;;); } catch {} } })()",
    "a loop in finally": "(() => { for (;;) { try { throw 1 } finally { continue } } })()",
    "a generator": "[...(function* () { for (;;) yield 1 })()]",
    "a search pattern": "/^(a+)+$/.test('a'.repeat(50) + 'b')",
    "a pattern in lodash": "_.trim('a'.repeat(50) + 'b').match(/(a|a)*$(?!.)c/) && /(x+x+)+y/.test('x'.repeat(60))",
    "a getter": "({ get x() { for (;;); } })",
    "toJSON": "({ toJSON() { for (;;); } })",
    "a proxy": "new Proxy({}, { ownKeys() { for (;;); } })",
    "an error's message": "(() => { throw { get message() { for (;;); } } })()",
    "Symbol.toPrimitive": "'' + { [Symbol.toPrimitive]() { for (;;); } }",
    "Symbol.iterator": "_.sum([...{ [Symbol.iterator]: () => ({ next: () => ({ done: false }) }) }])",
    "lists in lists": "_.range(3e4).map((n, _i, all) => all.indexOf(-n - 1)).join('') + (() => { for (;;); })()",
    "made at run time": "(() => {}).constructor('for (;;);')()",
}


@pytest.mark.parametrize("expression", ENDLESS.values(), ids=ENDLESS.keys())
def test_what_does_not_end_is_ended_and_the_next_row_works(expression: str) -> None:
    with Evaluators() as other:
        assert other.evaluate(SANE, [{1: 1}]) == [Computed(2)]
        before, evil, after = evaluate(on_evil_row(expression), "a", "evil", "b")
        assert (before, after) == (Computed("clean"), Computed("clean"))
        assert evil.error in (
            "The formula took too long (0.3 s) on this row.",
            "The formula needed too much memory on this row.",
        )
        assert other.evaluate(SANE, [{1: 2}]) == [Computed(3)]


HEAVY = {
    "sorting without order": "Array.from({length: 3e5}, Math.random).sort(() => Math.random() - 0.5).length",
    "many searches": "_.range(1e5).map(() => ('x'.repeat(1e6)).indexOf('xxxxxxxxxxxy')).length",
    "replacing": "'ab'.repeat(4e5).split('').reduce((text, part) => text.replaceAll('a', 'b') + part, '')",
    "joining": "'a'.repeat(1e5).split('').join('b'.repeat(300)).length",
    "a list of lists": "_.flatten(_.range(1000).map(() => _.range(1000))).length",
    "differences": "_.difference(_.range(2e4).map(String), _.range(2e4)).length",
    "a product": "_.range(3000).reduce((product, n) => product * BigInt(n + 1), 1n)",
}


@pytest.mark.parametrize("expression", HEAVY.values(), ids=HEAVY.keys())
def test_heavy_work_ends_one_way_or_the_other(expression: str) -> None:
    before, _, after = evaluate(on_evil_row(expression), "a", "evil", "b")
    assert (before, after) == (Computed("clean"), Computed("clean"))


TOO_LARGE = {
    "a large power": "123456789n ** 9999999999n",
    "a text": "'x'.repeat(1e9)",
    "texts that double": "(() => { let text = 'x'; for (;;) text += text; })()",
    "a padded text": "'x'.padStart(1e9)",
    "a list": "new Array(1e9).fill(1)",
    "a list that grows": "(() => { const list = []; for (;;) list.push(list.length + ''); })()",
    "a sparse list": "JSON.stringify(new Array(2 ** 32 - 1)).length",
    "typed arrays": "_.range(1e4).map(() => new Uint8Array(1e8))",
    "one object many times": "_.range(40).reduce((all) => [all, all, all], 'x')",
    "shared structure": "_.range(30).reduce((all) => ({ a: all, b: all }), 'x'.repeat(1000))",
    "a large result": "'x'.repeat(2 ** 21)",
    "a large result of wide letters": "'\u20ac'.repeat(400000)",
    "a large error": "(() => { throw new Error('x'.repeat(1e7)) })()",
    "recursion": "(function again() { return again() + 1 })()",
    "recursion through toString": "(() => { const o = { toString() { return '' + o } }; return '' + o })()",
    "deep JSON": "_.range(1e5).reduce((inner) => [inner], 1)",
    "parsing deep JSON": "JSON.parse('['.repeat(1e6))",
    "a cycle": "(() => { const o = {}; o.o = o; return o })()",
    "a deep pattern": "new RegExp('('.repeat(1e5))",
    "lodash's padding": "_.repeat('abc', 1e9)",
    "FormulaJS's repeating": "REPT('abc', 1e9)",
}


@pytest.mark.parametrize("expression", TOO_LARGE.values(), ids=TOO_LARGE.keys())
def test_what_is_too_large_fails_its_row_alone(expression: str) -> None:
    before, evil, after = evaluate(on_evil_row(expression), "a", "evil", "b", deadline=1)
    assert (before, after) == (Computed("clean"), Computed("clean"))
    assert evil.error
    assert len(evil.error) < 400


TRACES = {
    "a global": "globalThis.x = 'dirty'",
    "a global by name": "Object.defineProperty(globalThis, 'x', { value: 'dirty' })",
    "this": "(function () { return this })() ?? 1",
    "lodash": "_.mixin({ x: () => 'dirty' }) && 1",
    "lodash's member": "(_.x = 'dirty')",
    "lodash's function": "(_.trim.x = 'dirty')",
    "moment": "(moment.fn.x = 'dirty')",
    "lists": "(Array.prototype.x = 'dirty')",
    "objects": "(({}).__proto__.x = 'dirty')",
    "objects by lodash": "_.set({}, '__proto__.x', 'dirty') && 1",
    "objects by merge": '_.merge({}, JSON.parse(\'{"__proto__": {"x": "dirty"}}\')) && 1',
    "objects by constructor": "_.set({}, 'constructor.prototype.x', 'dirty') && 1",
    "functions": "((() => 1).constructor.prototype.x = 'dirty')",
    "texts": "(''.__proto__.x = 'dirty')",
    "generators": "((function* () {}).constructor.prototype.x = 'dirty')",
    "code made at run time": "(() => {}).constructor('globalThis.x = 1')()",
    "code without this": "(() => {}).constructor('this.x = 1; x = 2')()",
    "a prototype exchanged": "Object.setPrototypeOf(Array.prototype, { x: 'dirty' }) && 1",
}


@pytest.mark.parametrize("expression", TRACES.values(), ids=TRACES.keys())
def test_a_row_leaves_no_trace(expression: str) -> None:
    compiled = on_evil_row(f"(() => {{ try {{ {expression} }} catch {{}} return 1 }})()")
    assert [found.value for found in evaluate(compiled, "a", "evil", "b")] == ["clean", 1, "clean"]


SETTINGS = {
    "moment's locale": ("moment.locale('xx')", "moment('2024-03-05').format('MMMM')", "March"),
    "moment's words": ("moment.updateLocale('en', {months: ['x']})", "moment('2024-03-05').format('MMMM')", "March"),
    "a moment's locale": ("moment().localeData()._months = ['x']", "moment('2024-03-05').format('MMMM')", "March"),
    "moment's parsing": (
        "moment().localeData()._monthsParse[2] = /x/",
        "moment('March 5 2024', 'MMMM D YYYY').format('L')",
        "03/05/2024",
    ),
    "moment's clock": ("moment.now = () => 0", "moment().year() > 2000", True),
    "moment's thresholds": ("moment.relativeTimeThreshold('d', 1)", "moment.duration(20, 'd').humanize()", "20 days"),
    "the clock": ("Date.now = () => 0", "Date.now() > 1e12", True),
    "a method": ("Array.prototype.map = () => 'x'", "[1].map(n => n)", [1]),
    "counting": ("_.uniqueId()", "_.uniqueId('n')", "n1"),
    "a template's settings": ("_.templateSettings.imports._ = 1", "_.template('<%= _.trim(\" a\") %>')({})", "a"),
    "JSON": ("JSON.stringify = () => '1'", "JSON.stringify([2])", "[2]"),
    "lodash's cache": ("_.memoize.Cache = 1", "_.memoize(n => n)(3)", 3),
    "search patterns": ("RegExp.prototype.exec = () => null", "/a/.test('a')", True),
}


@pytest.mark.parametrize(("change", "question", "answer"), SETTINGS.values(), ids=SETTINGS.keys())
def test_a_row_changes_no_setting(change: str, question: str, answer: object) -> None:
    compiled = formula.compile(
        f"{{{{A}}}} === 'evil' ? (() => {{ try {{ {change} }} catch {{}} return 1 }})() : {question}", NAMES
    )
    assert [found.value for found in evaluate(compiled, "evil", "b")] == [1, answer]


OUTSIDE = "typeof require + typeof process + typeof std + typeof os + typeof fetch"


@pytest.mark.parametrize(
    "expression",
    [f"(() => {{}}).constructor('return {OUTSIDE}')()", f"_.template('<%= {OUTSIDE} %>')()"],
)
def test_nothing_leads_out(expression: str) -> None:
    assert evaluate(formula.compile(expression, NAMES), "a") == [Computed("undefined" * 5)]


def test_the_parser_and_its_like_are_out_of_reach() -> None:
    reach = "_.uniq(Object.getOwnPropertyNames(globalThis)).filter(name => /acorn|pars|check|start|python/i.test(name))"
    assert evaluate(formula.compile(reach, NAMES), 1)[0].value == ["parseInt", "parseFloat"]


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("{{A}} + 1", 2),  # needs no library
        ("globalThis[['S', 'UM'].join('')](1, {{A}})", 2),
        ("globalThis[String.fromCharCode(95)].sum([1, {{A}}])", 2),
        ("(() => {}).constructor('return S' + 'UM(1, 1)')()", 2),
        ("[].map.constructor(`return ${'_'}.sum([1, 1])`)()", 2),
        ("[typeof _, typeof SUM].join()", "function,function"),
        ("JSON.parse('[2]')[0]", 2),
        ("new URL('https://a.example/').host", "a.example"),
        ("T({{A}} + 'a')", "1a"),
        ("_ === globalThis._", True),
        ("\\u0053UM(1, {{A}})", 2),
    ],
)
def test_a_library_is_there_however_it_is_named(expression: str, result: object) -> None:
    assert evaluate(formula.compile(expression, NAMES), 1, deadline=5) == [Computed(result)]


def test_each_name_of_a_library_has_it_compiled() -> None:
    names = "_.difference(Object.getOwnPropertyNames(globalThis), {{A}})"
    without = quickjs.Context().eval("Object.getOwnPropertyNames(globalThis).join()").split(",")
    [told] = evaluate(formula.compile(names, NAMES), [*without, "moment", "Clay", "URL", "URLSearchParams"], deadline=5)
    assert isinstance(told.value, list)
    assert len(told.value) > 400
    assert [name for name in told.value if not any(child.used(name))] == []
    script = "(function(ꙮ){return function(ꙮ0,ꙮ_0){return JSON.parse(ꙮ0) + new URL(ꙮ_0).host}})"
    assert child.used(script) == (False, False)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("(async () => 1)()", "wait"),
        ("Promise.resolve(1)", "wait"),
        ("x => x", "function"),
        ("Symbol('x')", "symbol"),
        ("1 / 0", "larger than any number"),
        ("0 / 0", "not a number"),
        ("new Date('x')", "not a valid date"),
        ("moment('x', 'YYYY')", "not a valid date"),
        ("Object.create(null) + 1", "ToPrimitive"),
        ("new Proxy({}, { get() { throw 1 } })", "1"),
    ],
)
def test_what_no_cell_can_hold_is_an_error(expression: str, message: str) -> None:
    assert message in evaluate(formula.compile(expression, NAMES), 1)[0].error


def test_promises_never_run() -> None:
    late = formula.compile("[Promise.resolve().then(() => { for (;;); }), 1][1]", NAMES)
    assert evaluate(late, 1, 2) == [Computed(1), Computed(1)]


def test_after_three_stuck_rows_the_formula_is_stopped() -> None:
    compiled = on_evil_row("(() => { for (;;); })()")
    with Evaluators(deadline=0.1) as evaluators:
        found = evaluators.evaluate(compiled, [{1: value} for value in ["evil", "a", "evil", "evil", "b", "c"]])
        late = "The formula took too long (0.1 s) on this row."
        stopped = "Stopped: the formula took too long on 3 rows."
        assert [one.error for one in found] == [late, "", late, late, stopped, stopped]
        assert evaluators.evaluate(compiled, [{1: "d"}])[0].error == stopped


def test_a_helper_that_is_killed_from_outside_is_replaced_and_no_row_is_blamed() -> None:
    with Evaluators() as evaluators:
        evaluators.evaluate(SANE, [{1: 1}])
        [helper] = [one for one in process._pool.free if one.owner]
        os.kill(helper.popen.pid, signal.SIGKILL)
        assert evaluators.evaluate(SANE, [{1: n} for n in range(250)]) == [Computed(n + 1) for n in range(250)]


def test_a_native_loop_is_ended_by_a_kill_and_only_its_row_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine's own limit is taken away, as in a loop that never looks at it."""
    monkeypatch.setattr(evaluation, "_SLICE", -20.0)
    monkeypatch.setattr(evaluation, "_GRACE", 0.4)
    compiled = on_evil_row("(() => { for (;;); })()")
    with Evaluators(deadline=20) as evaluators:
        found = evaluators.evaluate(compiled, [{1: "evil" if n == 150 else n} for n in range(220)])
    assert [n for n, one in enumerate(found) if one.error] == [150]
    assert all(one == Computed("clean") for n, one in enumerate(found) if n != 150)


def test_rows_that_lack_a_result_keep_their_place_among_the_others() -> None:
    lacking = Unavailable("A", Reason.FAILED, "it’s gone")
    expected = [Computed(error="A failed: it’s gone") if n % 3 == 0 else Computed(n + 1) for n in range(250)]
    assert evaluate(SANE, *[lacking if n % 3 == 0 else n for n in range(250)]) == expected
    assert evaluate(SANE, lacking, lacking) == [expected[0]] * 2
    assert evaluate(SANE) == []


def test_long_rows_and_long_results_pass_each_other() -> None:
    """Both pipes are full: a helper that waits to answer reads nothing."""
    compiled = formula.compile('{{A}} + "!"', NAMES)
    values = [f"{n}{'x' * 20_000}" for n in range(350)]
    assert evaluate(compiled, *values, deadline=5) == [Computed(f"{value}!") for value in values]


def test_two_evaluators_use_two_processes_at_once_and_never_one_context() -> None:
    with Evaluators() as one, Evaluators() as other:
        one.evaluate(SANE, [{1: 1}])
        other.evaluate(SANE, [{1: 1}])
        owners = [helper.owner for helper in process._pool.free if helper.owner is not None]
        assert len(owners) == len(set(owners)) == 2


def test_threads_wait_for_a_free_process_and_are_told_when_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "MOST", 1)
    started = threading.Event()

    def occupy() -> None:
        with process.lent(None, 5) as _:
            started.set()
            ended.wait(20)

    ended = threading.Event()
    thread = threading.Thread(target=occupy)
    thread.start()
    started.wait(20)
    with Evaluators(deadline=0.05) as evaluators, pytest.raises(SandboxBusy, match="are busy"):
        evaluators.evaluate(SANE, [{1: 1}])
    ended.set()
    thread.join()
    assert evaluate(SANE, 1, deadline=5) == [Computed(2)]


def test_a_forked_process_starts_its_own_helpers() -> None:
    program = """
        import os
        from enrichment.engine import formula
        from enrichment.engine.sandbox import process
        compiled = formula.compile("{{A}} + 1", {1: "A"})
        def value():
            with formula.Evaluators(deadline=5) as evaluators:
                return evaluators.evaluate(compiled, [{1: 1}])[0].value
        assert value() == 2
        before = [helper.popen.pid for helper in process._pool.free]
        child = os.fork()
        if child == 0:
            good = value() == 2 and not set(before) & {helper.popen.pid for helper in process._pool.free}
            process.close()
            os._exit(0 if good else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert value() == 2 and [helper.popen.pid for helper in process._pool.free] == before
    """
    subprocess.run([sys.executable, "-W", "error", "-c", textwrap.dedent(program)], check=True, timeout=60)


def has_ended(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] in "ZX"
    except FileNotFoundError:
        return True


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("expression", ["1", "(() => { for (;;); })()"], ids=["idle", "at work"])
def test_a_helper_does_not_outlive_its_parent(expression: str) -> None:
    program = f"""
        import os, threading
        from enrichment.engine import formula
        from enrichment.engine.sandbox import process
        compiled = formula.compile({expression!r}, {{}})
        evaluators = formula.Evaluators(deadline=1)
        thread = threading.Thread(target=evaluators.evaluate, args=(compiled, [{{}}]), daemon=True)
        thread.start()
        while not any(helper.owner for helper in [*process._pool.free, *process._pool.lent]): pass
        print(*[helper.popen.pid for helper in [*process._pool.free, *process._pool.lent]], flush=True)
        os._exit(0)
    """
    answer = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], check=True, capture_output=True, timeout=60
    ).stdout
    pids = [int(pid) for pid in answer.split()]
    assert pids
    until = time.monotonic() + 20
    while not all(has_ended(pid) for pid in pids) and time.monotonic() < until:
        os.sched_yield()
    assert all(has_ended(pid) for pid in pids)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_helper_has_no_environment_no_secrets_and_tight_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARL_SECRET", "hidden")
    process.close()
    with Evaluators() as evaluators:
        evaluators.evaluate(SANE, [{1: 1}])
        [pid] = [helper.popen.pid for helper in process._pool.free]

        def told(name: str) -> str:
            with open(f"/proc/{pid}/{name}") as file:
                return file.read()

        assert told("environ") == ""
        assert os.readlink(f"/proc/{pid}/cwd") == "/"
        assert "NoNewPrivs:\t1" in told("status")
        limits = {line[:25].strip(): line[25:].split()[0] for line in told("limits").splitlines()[1:]}
        assert int(limits["Max address space"]) <= 1 << 30
        assert int(limits["Max open files"]) <= 16
        assert limits["Max core file size"] == limits["Max file size"] == "0"
        assert limits["Max cpu time"] != "unlimited"
        assert len(os.listdir(f"/proc/{pid}/fd")) == 3


def test_an_empty_cell_is_missing() -> None:
    assert [one.value for one in evaluate(formula.compile("{{A}}", NAMES), None, "", 0)] == [MISSING, MISSING, 0]
