"""Put the figures of an evaluation into both READMEs, between their markers.

    joio evaluate --ablate-origin --output reports/evaluation
    python scripts/readme_figures.py reports/evaluation/evaluation.json

The report has to be of the data that the released model was trained on.
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
        "On {n} public paragraphs of {sources} sources, by five-fold cross-validation **grouped by source**: no model\n"
        "was tested on a site or author it had seen. 95 % intervals by bootstrap over articles.",
        "| model | macro-F1 | log loss | calibration error (ECE) |",
        "By label, F1: factual {factual:.2f}, speculative {speculative:.2f}, opinion {opinion:.2f}, "
        "promotional {promotional:.2f}; accuracy {accuracy:.3f}.\nOn the units that readers found easy macro-F1 is "
        "{easy:.3f}, on the hard ones {hard:.3f}. Speculation is rare\n"
        "({rare:.0f} % of the units) and the weakest label.",
    ),
    (
        "README.pt-BR.md",
        "Em {n} parágrafos públicos de {sources} fontes, por validação cruzada em cinco partes **agrupadas por\n"
        "fonte**: nenhum modelo foi testado em site ou autor que já tivesse visto. Intervalos de 95 % por bootstrap\n"
        "sobre artigos; ponto decimal.",
        "| modelo | macro-F1 | perda logarítmica | erro de calibração (ECE) |",
        "F1 por rótulo: factual {factual:.2f}, especulativo {speculative:.2f}, opinião {opinion:.2f}, "
        "promocional {promotional:.2f}; acerto {accuracy:.3f}.\nNos trechos que os leitores acharam fáceis, macro-F1 "
        "de {easy:.3f}; nos difíceis, {hard:.3f}. A especulação é rara\n"
        "({rare:.0f} % dos trechos) e o rótulo mais fraco.",
    ),
)
MARKED = re.compile(r"(?<=<!-- figures -->\n).*?(?=\n<!-- end of figures -->)", re.DOTALL)


def row(name: str, scores: dict[str, Any]) -> str:
    """One line of the table."""
    figure = scores["macro_f1"]
    interval = f"{figure['value']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]"
    return f"| {name} | {interval} | {scores['log_loss']['value']:.3f} | {scores['ece']['value']:.3f} |"


def main() -> None:
    """Rewrite the marked part of both READMEs."""
    report = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    manifest = json.loads((RELEASED / "manifest.json").read_text(encoding="utf-8"))
    if report["data"]["digest"] != manifest["data"]["digest"]:
        sys.exit("the report and the released model are of different data: train or evaluate again")
    sources = len(
        {json.loads(line)["repository"] for line in (ROOT / "data/public/labels.jsonl").open(encoding="utf-8")}
    )
    models = {m["name"] if m["name"] in NAMES else f"{m['name']} {m['train_on']}": m for m in report["models"]}
    subject = models["joio both"]
    n = report["data"]["by_origin"]["public"]
    figures = {label: scores["f1"]["value"] for label, scores in subject["all"]["labels"].items()} | {
        "sources": sources,
        "accuracy": subject["all"]["accuracy"]["value"],
        "easy": subject["easy"]["macro_f1"]["value"],
        "hard": subject["hard"]["macro_f1"]["value"],
        "rare": 100 * report["data"]["by_label"]["public"]["speculative"] / n,
    }
    for language, (file, before, head, after) in enumerate(PROSE):
        count = f"{n:,}".replace(",", ",."[language])
        path = ROOT / file
        lines = [
            before.format(n=count, **figures),
            "",
            head,
            "|---|---|---|---|",
            *(row(names[language], models[name]["all"]) for name, names in NAMES.items() if name in models),
            "",
            after.format(**figures),
        ]
        outside = MARKED.split(path.read_text(encoding="utf-8"))
        if len(outside) != 2:
            sys.exit(f"{file}: expected the two markers once, in order")
        write_whole(path, "\n".join(lines).join(outside))


if __name__ == "__main__":
    main()
