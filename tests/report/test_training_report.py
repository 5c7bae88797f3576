"""What a person sees of a training, where it is not a terminal; and how the live area keeps to its room."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from io import StringIO

import pytest
from support.report_samples import HEADER, SUMMARY, epoch, parameter

from netcli.report.terminal import Draw, Output
from netcli.report.text import Line, line_text, line_width
from netcli.report.training import SILENCE, TrainingReport
from netcli.runs.metrics import EpochRecord, ParameterRow


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def reported(*records: EpochRecord, quiet: bool = False, every_parameter: bool = False) -> str:
    """The text of a training with these epochs."""
    stream = StringIO()
    with TrainingReport(Output.of(stream, {}), quiet, every_parameter=every_parameter) as report:
        report.header(HEADER)
        for record in records:
            report.epoch_started(record.epoch, record.epochs, 1150)
            report.progress(1150, 0.5)
            report.epoch_finished(record)
        report.message("a remark")
        report.finished(SUMMARY)
    return stream.getvalue()


def test_a_whole_training() -> None:
    assert (
        reported(epoch(1), epoch(2))
        == inspect.cleandoc("""
        digits  configs/digits.yaml

        layer           type           line  output  parameters     forward    backward  activations
        ────────────────────────────────────────────────────────────────────────────────────────────
        conv1           conv              6  16×8×8         160  20.5 kFLOP  41.0 kFLOP     4.00 KiB
        flatten1        flatten           7  1024             -           -           -     4.00 KiB
        dense1          dense             8  10          10,250  20.5 kFLOP  41.0 kFLOP         40 B
        cross_entropy1  cross_entropy        scalar           -     50 FLOP     60 FLOP          4 B
        ────────────────────────────────────────────────────────────────────────────────────────────
        total                                            10,410  41.0 kFLOP  82.0 kFLOP     8.04 KiB
        FLOPs and activations are those of one example

        data       digits, training 1,150 examples, test 360 examples
        optimizer  sgd, learning rate 0.05
        executor   numpy
        seed       7
        run        runs/digits/001

               ───── train ──────  ─── validation ───
        epoch      loss  accuracy      loss  accuracy        lr  grad norm    time
          1/2     1.000   50.00 %     1.500   25.00 %      0.05      1.250  500 ms  best
          2/2    0.5000   75.00 %    0.7500   62.50 %      0.05      1.250  500 ms
        a remark
        tested with the weights of epoch 2, which has the least validation loss

        gradients in epoch 2
        parameter     shape     line  grad norm  update/weight  zeros  last epochs
        ────────────────────────────────────────────────────────────────────────────
        conv1/weight  16×1×3×3     8    1.0e+00        1.0e-03    0 %  ▅▅▅
        dense1/bias   10           8    1.0e+00        1.0e-03    0 %  ▅▅▅

        finished after 2 epochs, 72 steps, 12.3 s, 2,346 examples/s

                      loss  accuracy
        ────────────────────────────
        train       0.5000   87.50 %
        validation  0.7500   75.00 %
        test        0.6250   98.75 %

        run     runs/digits/001
        report  runs/digits/001/report.html
        """).rstrip()
        + "\n"
    )


def test_quiet_shows_the_summary_only() -> None:
    shown = reported(epoch(1), epoch(2), quiet=True)
    assert shown.startswith("finished after 2 epochs")
    assert shown.endswith("report.html\n")
    assert "epoch  " not in shown
    assert "a remark" not in shown


def test_a_warning_is_printed_when_it_changes() -> None:
    dead = parameter("dense1/bias", (10,), norm=0.0, zero_share=1.0)
    shown = reported(epoch(1, epochs=4), *(epoch(number, parameter(), dead, epochs=4) for number in (2, 3)))
    assert shown.count("  gradients die in dense1, line 8: every element of bias's is 0\n") == 1


def test_new_columns_get_a_new_heading_and_old_ones_stay() -> None:
    shown = reported(epoch(1, epochs=3, validation=None), epoch(2, epochs=3), epoch(3, epochs=3, validation=None))
    assert shown.count("epoch      loss") == 2
    assert "  3/3    0.3333   83.33 %         -         -      0.05" in shown


def many() -> list[ParameterRow]:
    """120 parameters, of which three matter."""
    rows = [parameter(f"layer{number}/weight", history=(1.0, 1.0)) for number in range(120)]
    rows[70] = parameter("layer70/weight", norm=0.0, zero_share=1.0)
    rows[90] = parameter("layer90/weight", history=(1.0, 9.0), norm=9.0)
    rows[80] = parameter("layer80/weight", history=(1.0, 1.0), update_ratio=0.05)
    return rows


def shown_parameters(text: str) -> list[str]:
    """The names in the table at the end."""
    return [line.split()[0] for line in text.splitlines() if line.startswith("layer") and "/weight" in line]


def test_many_parameters_are_cut_to_those_that_matter() -> None:
    shown = reported(epoch(1, *many(), epochs=1))
    assert shown_parameters(shown)[:4] == ["layer70/weight", "layer90/weight", "layer80/weight", "layer0/weight"]
    assert len(shown_parameters(shown)) == 10
    assert "; 110 more with --all-parameters\n" in shown


def test_all_parameters_on_request_in_the_model_s_order() -> None:
    shown = reported(epoch(1, *many(), epochs=1), every_parameter=True)
    assert shown_parameters(shown) == [f"layer{number}/weight" for number in range(120)]
    assert "--all-parameters" not in shown


def test_a_long_epoch_says_now_and_then_how_far_it_is() -> None:
    stream, clock = StringIO(), Clock()
    report = TrainingReport(Output.of(stream, {}), clock=clock)
    report.epoch_started(1, 2, 1000)
    for done in range(100, 1000, 100):
        clock.now += SILENCE / 3
        report.progress(done, 0.5)
    assert stream.getvalue() == (
        "epoch 1/2, 30 %, loss 0.5000, 2m 50s left, 10.0 examples/s\n"
        "epoch 1/2, 60 %, loss 0.5000, 2m 20s left, 10.0 examples/s\n"
        "epoch 1/2, 90 %, loss 0.5000, 1m 50s left, 10.0 examples/s\n"
    )


class LiveOutput:
    """An output that is live but draws nothing by itself: the test asks for the drawing."""

    live, width, encoding = True, 80, "utf-8"

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.drawing: Draw | None = None

    def lines(self, lines: Sequence[Line]) -> None:
        self.shown += [line_text(line) for line in lines]

    def animate(self, draw: Draw) -> None:
        self.drawing = draw

    def still(self) -> None:
        self.drawing = None


def test_the_live_area_has_the_gradients_and_the_bar_and_keeps_to_its_room() -> None:
    output = LiveOutput()
    report = TrainingReport(output, clock=Clock())  # type: ignore[arg-type]
    report.epoch_started(1, 9, 100)
    assert output.drawing is not None
    assert [line_text(line)[:9] for line in output.drawing(80, 24)] == ["epoch 1/9"]
    report.epoch_finished(epoch(1, *(parameter(f"block{n}_convolution/weight") for n in range(120)), epochs=9))
    report.epoch_started(2, 9, 100)
    report.progress(50, 0.25)
    for width in (30, 80, 200):
        for height in (4, 7, 12, 24, 60):
            area = output.drawing(width, height)
            assert len(area) <= max(height - 5, 1)
            assert line_text(area[-1]).startswith("epoch 2/9")
            assert width < 60 or max(map(line_width, area)) <= width
    area = [line_text(line) for line in output.drawing(80, 24)]
    assert area[1] == "gradients in epoch 1"
    assert sum("/weight " in line and line.startswith("block") for line in area) == 10
    assert area[-3] == "the most changed and the worst ratios; 110 more with --all-parameters"


def test_the_heading_returns_when_it_has_scrolled_away() -> None:
    output = LiveOutput()
    report = TrainingReport(output)  # type: ignore[arg-type]
    for number in range(1, 61):
        report.epoch_started(number, 60, 100)
        report.epoch_finished(epoch(number, epochs=60))
    assert sum(line.startswith("epoch ") for line in output.shown) == 3


def test_leaving_by_an_error_ends_the_drawing() -> None:
    output = LiveOutput()
    with pytest.raises(KeyboardInterrupt), TrainingReport(output) as report:  # type: ignore[arg-type]
        report.epoch_started(1, 1, 100)
        assert output.drawing is not None
        raise KeyboardInterrupt
    assert output.drawing is None
