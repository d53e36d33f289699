"""Put the released model's figures into both READMEs, between their markers: the test part, and cross-validation.

    python scripts/readme_figures.py
    python scripts/readme_figures.py reports/evaluation/evaluation.json   # of `joio evaluate --ablate-origin`

The report has to be of the data that the released model was trained on (default: the one that lies beside it).
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

from joio.writing import write_whole

ROOT = Path(__file__).resolve().parents[1]
RELEASED = ROOT / "models/joio-pt"
NAMES = {
    "majority": ("Majority label", "Rótulo mais frequente"),
    "cue-rules": ("Cue rules", "Regras por pistas"),
    "word-tfidf": ("Word TF-IDF + logistic regression", "TF-IDF de palavras + regressão logística"),
    "joio written": ("joio, trained on written units only", "joio, só com trechos escritos"),
    "joio public": ("joio, trained on public units only", "joio, só com trechos públicos"),
    "joio both": ("**joio, as released**", "**joio, como publicado**"),
}
PROSE = (
    (
        "README.md",
        "On the **test part**, {n} public paragraphs of {sources} whole sources apart from all training, the released\n"
        "model itself, scored once (the part was set aside when a first recipe had been chosen on all sources;\n"
        "nothing was chosen on it since). 95 % intervals by bootstrap over articles.",
        "| model | macro-F1 | log loss | calibration error (ECE) |",
        "By label, F1: factual {factual:.2f}, speculative {speculative:.2f}, opinion {opinion:.2f}, "
        "promotional {promotional:.2f}; accuracy {accuracy:.3f}.\nOn the units that readers found easy macro-F1 is "
        "{easy:.3f}, on the hard ones {hard:.3f}. Speculation is rare\n"
        "({rare:.0f} % of the units) and the weakest label.",
        "By five-fold cross-validation **grouped by source** on the other {n} public paragraphs, of {sources} sources:",
    ),
    (
        "README.pt-BR.md",
        "Na **parte de teste**, {n} parágrafos públicos de {sources} fontes inteiras, fora de todo treino, o próprio\n"
        "modelo publicado, avaliado uma vez (a parte foi separada quando uma primeira receita já fora escolhida em\n"
        "todas as fontes; nada mais foi escolhido nela). Intervalos de 95 % por bootstrap sobre artigos;\n"
        "ponto decimal.",
        "| modelo | macro-F1 | perda logarítmica | erro de calibração (ECE) |",
        "F1 por rótulo: factual {factual:.2f}, especulativo {speculative:.2f}, opinião {opinion:.2f}, "
        "promocional {promotional:.2f}; acerto {accuracy:.3f}.\nNos trechos que os leitores acharam fáceis, macro-F1 "
        "de {easy:.3f}; nos difíceis, {hard:.3f}. A especulação é rara\n"
        "({rare:.0f} % dos trechos) e o rótulo mais fraco.",
        "Por validação cruzada em cinco partes **agrupadas por fonte** nos outros {n} parágrafos públicos, de\n"
        "{sources} fontes:",
    ),
)
MARKED = re.compile(r"(?<=<!-- figures -->\n).*?(?=\n<!-- end of figures -->)", re.DOTALL)


def row(name: str, scores: dict[str, Any]) -> str:
    """One line of the table."""
    figure = scores["macro_f1"]
    interval = f"{figure['value']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]"
    return f"| {name} | {interval} | {scores['log_loss']['value']:.3f} | {scores['ece']['value']:.3f} |"


def models_of(report: dict[str, Any]) -> dict[str, Any]:
    """The models of a report by the names of `NAMES`."""
    return {m["name"] if m["name"] in NAMES else f"{m['name']} {m['train_on']}": m for m in report["models"]}


def main() -> None:
    """Rewrite the marked part of both READMEs."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else RELEASED / "evaluation.json"
    report = json.loads(path.read_text(encoding="utf-8"))
    test = json.loads((RELEASED / "test-part.json").read_text(encoding="utf-8"))
    manifest = json.loads((RELEASED / "manifest.json").read_text(encoding="utf-8"))
    for one in (report, test):
        if one["data"]["digest"] != manifest["data"]["digest"]:
            sys.exit("the reports and the released model are of different data: train or evaluate again")
    pinned = set(json.loads((ROOT / "data/public/test-part.json").read_text(encoding="utf-8"))["sources"])
    labels = [json.loads(line) for line in (ROOT / "data/public/labels.jsonl").open(encoding="utf-8")]
    others = len({label["repository"] for label in labels} - pinned)
    models, tested = models_of(report), models_of(test)
    subject = tested["joio both"]
    n = test["test_part"]["n"]
    figures = {label: scores["f1"]["value"] for label, scores in subject["all"]["labels"].items()} | {
        "sources": test["test_part"]["sources"],
        "accuracy": subject["all"]["accuracy"]["value"],
        "easy": subject["easy"]["macro_f1"]["value"],
        "hard": subject["hard"]["macro_f1"]["value"],
        "rare": 100 * test["test_part"]["by_label"]["speculative"] / n,
    }
    for language, (file, before, head, after, folds) in enumerate(PROSE):

        def count(number: int, language: int = language) -> str:
            return f"{number:,}".replace(",", ",."[language])

        def table(found: dict[str, Any], head: str = head, language: int = language) -> list[str]:
            rows = [row(names[language], found[name]["all"]) for name, names in NAMES.items() if name in found]
            return [head, "|---|---|---|---|", *rows]

        readme = ROOT / file
        lines = [
            before.format(n=count(n), **figures),
            "",
            *table(tested),
            "",
            after.format(**figures),
            "",
            folds.format(n=count(report["data"]["by_origin"]["public"]), sources=others),
            "",
            *table(models),
        ]
        outside = MARKED.split(readme.read_text(encoding="utf-8"))
        if len(outside) != 2:
            sys.exit(f"{file}: expected the two markers once, in order")
        write_whole(readme, "\n".join(lines).join(outside))


if __name__ == "__main__":
    main()
