# SPDX-License-Identifier: LGPL-2.1-or-later
"""A tune to send, and functions that recognise it in a recording. 8 kHz, 16 bit, mono."""
import array
import math
import sys
import wave

RATE, FRAME = 8000, 160
NOTES = [400, 550, 700, 850, 1000, 1200, 1400, 1700]
TUNE = [0, 3, 6, 1, 4, 7, 2, 5, 0, 6, 3, 7, 1, 5, 2, 4]
NOTE_FRAMES = 8  # 160 ms a note


def tune(notes=TUNE, note_frames=NOTE_FRAMES):
    out, phase = array.array("h"), 0.0
    for note in notes:
        for _ in range(note_frames * FRAME):
            phase += 2 * math.pi * NOTES[note] / RATE
            out.append(int(8000 * math.sin(phase)))
    return out


def save(path, samples):
    with wave.open(path, "wb") as f:
        f.setnchannels(1)
        f.setsampwidth(2)
        f.setframerate(RATE)
        f.writeframes(samples.tobytes())


def load(path):
    with wave.open(path, "rb") as f:
        assert (f.getnchannels(), f.getsampwidth(), f.getframerate()) == (1, 2, RATE), f.getparams()
        data = f.readframes(f.getnframes())
    out = array.array("h", data[:len(data) // 2 * 2])
    if sys.byteorder == "big":
        out.byteswap()
    return out


def power(frame, hz):
    """Goertzel: returns the share of the frame's energy at that frequency, 0 to 1."""
    w = 2 * math.cos(2 * math.pi * hz / RATE)
    a = b = 0.0
    for x in frame:
        a, b = x + w * a - b, a
    energy = sum(x * x for x in frame)
    return 0.0 if energy < 1e4 * len(frame) else 2 * (a * a
                                                      + b * b - w * a * b) / (len(frame) * energy)


def notes_of(samples, clear=0.7):
    """Returns the note of every frame; None where no note stands out."""
    out = []
    for at in range(0, len(samples) - FRAME + 1, FRAME):
        share, note = max((power(samples[at:at + FRAME], hz), i) for i, hz in enumerate(NOTES))
        out.append(note if share >= clear else None)
    return out


def melody(samples):
    """Returns the sequence of notes that are at least three frames long."""
    out, run, last = [], 0, None
    for note in notes_of(samples):
        run = run + 1 if note == last else 1
        last = note
        if run == 3 and note is not None and (not out or out[-1] != note):
            out.append(note)
    return out


def share_of(heard, sent):
    """Returns the longest common subsequence of two melodies, as a share of the sent one."""
    row = [0] * (len(heard) + 1)
    for note in sent:
        was = row[:]
        for i, other in enumerate(heard, 1):
            row[i] = was[i - 1] + 1 if note == other else max(was[i], row[i - 1])
    return row[-1] / len(sent)


def mulaw(sample):
    """Encodes and decodes by G.711."""
    sign, x = (-1, -sample) if sample < 0 else (1, sample)
    x = min(x, 32635) + 132
    exponent = max(0, x.bit_length() - 8)
    return sign * ((((x >> (exponent + 3)) & 15) * 2 + 33 << exponent + 2) - 132)


def frames_found(heard, sent):
    """Counts the 20 ms frames of the sent sound that the heard sound contains, sample for sample,
    after G.711."""
    data = heard.tobytes()
    coded = array.array("h", (mulaw(x) for x in sent))
    step = 2 * FRAME
    raw = coded.tobytes()
    parts = [raw[i:i + step] for i in range(0, len(raw) - step + 1, step)]
    return sum(part in data for part in parts) / len(parts)


def mulaw_open(byte):
    """Decodes one byte of G.711."""
    byte = ~byte & 0xff
    sample = ((((byte & 15) << 1) + 33) << ((byte >> 4 & 7) + 2)) - 132
    return -sample if byte & 128 else sample
