"""Writes data/patients.csv: made-up patients, ten standardised measurements each, and how far a disease has gone a year later."""
import csv
import pathlib
import random

PATIENTS = 442
NAMES = ["age", "sex", "bmi", "pressure", "s1", "s2", "s3", "s4", "s5", "s6"]
WEIGHTS = [0, -11, 25, 15, -37, 22, 5, 8, 35, 3]

generator = random.Random(20040401)
target = pathlib.Path(__file__).parent / "data" / "patients.csv"
with open(target, "w", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(NAMES + ["progression"])
    for _ in range(PATIENTS):
        patient = [round(generator.gauss(0, 1), 3) for _ in NAMES]
        progression = 152 + sum(w * x for w, x in zip(WEIGHTS, patient)) + generator.gauss(0, 54)
        writer.writerow(patient + [round(progression, 1)])
