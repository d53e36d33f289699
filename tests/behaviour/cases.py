"""Cases of behaviour, written by hand: what a Portuguese reader would not have to think about.

Three kinds, after Ribeiro et al. 2020, "Beyond accuracy: behavioral testing of NLP models with CheckList": minimum
functionality (the label is given), invariance (a change that means nothing changes nothing), direction (an addition
moves a probability one way). None was written with the model's answer in view, and none is deleted because it fails.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from joio.labels import Label

Kind = Literal["minimum functionality", "invariance", "direction"]


@dataclass(frozen=True, slots=True)
class Minimum:
    """A text and the label it must get."""

    family: str
    text: str
    label: Label


@dataclass(frozen=True, slots=True)
class Same:
    """Two texts that must get the same label, with probabilities that differ by at most `within`."""

    family: str
    one: str
    other: str
    within: float = 0.2


@dataclass(frozen=True, slots=True)
class Moves:
    """`after` must be likelier to be `label` than `before`; where not `up`, it must not become the most probable."""

    family: str
    before: str
    after: str
    label: Label
    up: bool = True


Case = Minimum | Same | Moves

MINIMUM: dict[tuple[str, Label], tuple[str, ...]] = {
    ("figures", "factual"): (
        "A ponte tem 340 metros de comprimento e foi aberta ao tráfego em 2011.",
        "Em 2023, a cidade registrou 48 acidentes com bicicletas, três a menos do que no ano anterior.",
        "O telefone pesa 187 gramas e tem tela de 6,1 polegadas.",
        "A rede municipal tem 112 escolas e 41 mil alunos matriculados.",
        "O satélite foi lançado às 14h20 e entrou em órbita nove minutos depois.",
    ),
    ("how it works", "factual"): (
        "O roteador atribui um endereço a cada aparelho que se liga à rede.",
        "A fermentação transforma o açúcar da uva em álcool e gás carbônico.",
        "A função recebe uma lista de números e devolve a média deles.",
        "O termóstato desliga o aquecimento quando a temperatura chega ao valor marcado.",
        "A vacina apresenta ao organismo uma parte inativa do vírus.",
    ),
    ("instruction that teaches", "factual"): (
        "Abra o terminal, entre na pasta do projeto e execute o comando a seguir.",
        "Bata os ovos com o açúcar por cinco minutos e junte a farinha aos poucos.",
        "Para trocar o cartucho, levante a tampa e espere o carro parar.",
        "No menu de configurações, toque em Segurança e depois em Verificação em duas etapas.",
        "Some as duas colunas e divida o resultado pelo número de linhas.",
    ),
    ("report of an event", "factual"): (
        "A assembleia aprovou o orçamento na noite de quinta-feira, por 23 votos a 8.",
        "O incêndio destruiu o armazém e ninguém ficou ferido, informaram os bombeiros.",
        "O navio saiu de Santos no dia 4 e atracou em Leixões no dia 19.",
        "A câmara municipal encerrou o trânsito na avenida para obras na rede de água.",
        "O time venceu por 2 a 1 e terminou o campeonato em terceiro lugar.",
    ),
    ("hedged future", "speculative"): (
        "É possível que o preço da energia volte a cair no próximo ano.",
        "Talvez a empresa venha a abrir uma segunda fábrica no Nordeste.",
        "O aplicativo poderá, no futuro, dispensar o uso de senhas.",
        "Provavelmente os carros elétricos serão maioria nas cidades dentro de duas décadas.",
        "Se o projeto vingar, a região pode se tornar um polo de semicondutores.",
    ),
    ("forecast by somebody", "speculative"): (
        "Analistas preveem que o mercado dobre de tamanho até 2032.",
        "A consultora estima que metade dos empregos do setor deverá desaparecer em dez anos.",
        "Segundo os pesquisadores, o nível do mar deve subir até 40 centímetros neste século.",
        "O banco projeta inflação de 4% no fim do próximo ano.",
        "Especialistas acreditam que a tecnologia chegará aos hospitais antes de 2030.",
    ),
    ("rumour", "speculative"): (
        "Segundo fontes que pediram anonimato, as duas empresas estariam negociando uma fusão.",
        "Há rumores de que o próximo modelo terá três câmeras.",
        "O treinador estaria de saída do clube, de acordo com pessoas próximas.",
        "Especula-se que o lançamento seja adiado para setembro.",
        "O ministro teria pedido demissão na semana passada, dizem aliados.",
    ),
    ("thought experiment", "speculative"): (
        "E se cada pessoa tivesse um assistente capaz de ler todos os seus e-mails?",
        "Imagine uma cidade em que nenhum carro precisasse de motorista.",
        "O que aconteceria se a internet parasse por uma semana?",
        "Num mundo sem antibióticos, uma cirurgia simples seria um risco de morte.",
        "Sem a invenção do transistor, talvez ainda usássemos válvulas.",
    ),
    ("first person judgement", "opinion"): (
        "Na minha opinião, o novo desenho ficou pior do que o antigo.",
        "Eu acho que a prefeitura errou feio ao fechar a biblioteca.",
        "Confesso que não gostei do livro, e olha que eu adoro a autora.",
        "Para mim, é o melhor disco do ano, sem nenhuma dúvida.",
        "Sinceramente, não vejo graça nenhuma nesse tipo de vídeo.",
    ),
    ("what ought to be", "opinion"): (
        "O governo deveria ter vergonha de apresentar um plano desses.",
        "Precisamos parar de tratar professor como se fosse voluntário.",
        "Ninguém deveria ter de escolher entre pagar o aluguel e comprar remédio.",
        "É preciso dizer com todas as letras: essa lei é injusta.",
        "As empresas têm a obrigação moral de explicar o que fazem com os nossos dados.",
    ),
    ("complaint", "opinion"): (
        "Que decepção: o final é preguiçoso e trata o leitor como bobo.",
        "É um absurdo cobrar esse preço por um serviço tão ruim.",
        "O atendimento é péssimo e o aplicativo, uma vergonha.",
        "Infelizmente, o debate público virou uma gritaria sem ideias.",
        "Cansei de ver gente inteligente repetindo essa bobagem.",
    ),
    ("irony", "opinion"): (
        "Parabéns aos gênios que tiveram a brilhante ideia de fechar a ponte na véspera do feriado.",
        "Claro, porque tudo o que faltava na minha vida era mais um aplicativo de listas.",
        "Uma maravilha: pagamos o dobro e esperamos o triplo.",
        "Que alívio saber que agora até a minha geladeira vai me julgar.",
        "O relatório tem 300 páginas, todas elas inúteis.",
    ),
    ("call to action", "promotional"): (
        "Inscreva-se agora e garanta a sua vaga!",
        "Clique no link e baixe o guia completo, é grátis.",
        "Peça já o seu orçamento sem compromisso.",
        "Siga o nosso perfil e não perca nenhuma novidade.",
        "Experimente gratuitamente durante 30 dias.",
    ),
    ("offer", "promotional"): (
        "Só hoje: 40% de desconto em toda a loja e frete grátis.",
        "Últimas vagas com preço promocional para quem comprar até domingo.",
        "Compre dois e leve três, com entrega no mesmo dia.",
        "Leve o curso completo por apenas 12 vezes de R$ 29,90.",
        "Oferta por tempo limitado para os primeiros cem inscritos.",
    ),
    ("praise of one's own", "promotional"): (
        "A nossa equipe de especialistas oferece soluções completas para o seu negócio.",
        "Somos líderes de mercado e referência em qualidade e inovação.",
        "Com a nossa plataforma, a sua empresa economiza tempo e vende mais.",
        "Há 20 anos realizamos sonhos com excelência e dedicação.",
        "A escolha certa para quem busca conforto, segurança e estilo.",
    ),
    ("hype", "promotional"): (
        "A revolução que vai transformar a sua forma de trabalhar chegou.",
        "Descubra o segredo que os grandes empreendedores não contam.",
        "Uma experiência única e inesquecível, feita para surpreender.",
        "Domine a inteligência artificial e saia na frente da concorrência!",
        "O método inovador que já mudou a vida de milhares de pessoas.",
    ),
}

# Plain texts, one or two of every label, that mechanical changes are tried on.
PLAIN = (
    "A prefeitura abriu 12 creches em março de 2022, segundo o balanço publicado na terça-feira.",
    "O processador tem oito núcleos e consome 65 watts, de acordo com a ficha técnica.",
    "Analistas acreditam que o preço poderá cair pela metade nos próximos cinco anos.",
    "É possível que a expansão da rede não chegue às cidades menores antes de 2030.",
    "Na minha opinião, a decisão foi um erro lamentável, e ninguém terá coragem de dizê-lo.",
    "Inscreva-se já e garanta a sua vaga com desconto: a promoção é só até amanhã!",
    "A nossa solução exclusiva transforma a gestão da sua empresa e aumenta os seus resultados.",
)


def without_accents(text: str) -> str:
    """What is left where a keyboard has no accents."""
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


MECHANICAL: dict[str, tuple[Callable[[str], str], float]] = {
    "decomposed accents": (lambda text: unicodedata.normalize("NFD", text), 1e-9),
    "blanks around": (lambda text: f"  {text}\n", 1e-9),
    "no-break spaces": (lambda text: text.replace(" ", "\u00a0", 3), 1e-9),
    "lost accents": (without_accents, 0.35),
    "upper case": (str.upper, 0.35),
}

# Pairs that mean the same for the label: other names, numbers, places, spellings, marks.
EQUAL: dict[str, tuple[tuple[str, str], ...]] = {
    "names of people": (
        (
            "Marina Teles assumiu a direção da escola em agosto.",
            "Otávio Brandão assumiu a direção da escola em agosto.",
        ),
        ("Acho que Joana Prado escreveu um livro chato.", "Acho que Eurico Valença escreveu um livro chato."),
        (
            "Segundo a professora Lia Mota, o efeito pode durar anos.",
            "Segundo o professor Rui Salgado, o efeito pode durar anos.",
        ),
        ("Fale com a Dra. Clara e marque a sua consulta!", "Fale com o Dr. Hélio e marque a sua consulta!"),
        (
            "Pedro Lacerda mora em frente ao rio há trinta anos.",
            "Benedita Moura mora em frente ao rio há trinta anos.",
        ),
    ),
    "names of firms": (
        ("A Lumibrás vendeu a fábrica de lâmpadas em 2019.", "A Ferrovale vendeu a fábrica de lâmpadas em 2019."),
        ("A Teclinha deverá lançar o aparelho em breve.", "A Norvento deverá lançar o aparelho em breve."),
        ("Conheça a Quitanda Digital e peça já o seu teste!", "Conheça a Solvare e peça já o seu teste!"),
        ("O serviço da Vitrola é péssimo, uma vergonha.", "O serviço da Cataventum é péssimo, uma vergonha."),
        ("A Aurélia contratou 80 pessoas.", "A Pontal Norte contratou 80 pessoas."),
    ),
    "places": (
        ("A obra começou em Sobral no mês passado.", "A obra começou em Viseu no mês passado."),
        ("Talvez o trem chegue a Maringá em 2030.", "Talvez o trem chegue a Évora em 2030."),
        ("Visite já a nossa loja em Campinas!", "Visite já a nossa loja em Braga!"),
        ("Para mim, o carnaval de Olinda é insuperável.", "Para mim, o carnaval de Torres Vedras é insuperável."),
        ("O hospital de Picos atende 300 pessoas por dia.", "O hospital de Beja atende 300 pessoas por dia."),
    ),
    "numbers": (
        ("O censo contou 12.431 moradores.", "O censo contou 98.207 moradores."),
        ("O aparelho custa R$ 1.899.", "O aparelho custa R$ 2.349."),
        ("O mercado deve crescer 14% até 2029.", "O mercado deve crescer 31% até 2034."),
        ("Ganhe 20% de desconto na primeira compra!", "Ganhe 35% de desconto na primeira compra!"),
        ("O jogo terminou 3 a 1.", "O jogo terminou 2 a 0."),
    ),
    "Brazilian and European": (
        (
            "A equipe testou o aplicativo no celular dos usuários.",
            "A equipa testou a aplicação no telemóvel dos utilizadores.",
        ),
        ("O trem parou na estação por uma hora.", "O comboio parou na estação durante uma hora."),
        ("Garanta já o seu, é de graça!", "Garanta já o seu, é grátis!"),
        ("Acho que estão fazendo um péssimo trabalho.", "Acho que estão a fazer um péssimo trabalho."),
        ("O ônibus poderá ser elétrico em dez anos.", "O autocarro poderá ser eléctrico dentro de dez anos."),
        ("O fato foi registrado pela polícia.", "O facto foi registado pela polícia."),
    ),
    "quotation marks": (
        ('O diretor disse que a meta era "ambiciosa".', "O diretor disse que a meta era «ambiciosa»."),
        ('O diretor disse que a meta era "ambiciosa".', "O diretor disse que a meta era “ambiciosa”."),
        ('Chamam isso de "inovação", eu chamo de roubo.', "Chamam isso de «inovação», eu chamo de roubo."),
        ('O plano "Leve" inclui 10 GB.', "O plano “Leve” inclui 10 GB."),
        ('O relatório "pode mudar tudo", diz o autor.', "O relatório «pode mudar tudo», diz o autor."),
    ),
    "a sentence more of the same": (
        (
            "A ponte tem 340 metros e foi aberta em 2011.",
            "A ponte tem 340 metros e foi aberta em 2011. O tabuleiro fica 12 metros acima do rio.",
        ),
        (
            "Talvez o preço caia no próximo ano.",
            "Talvez o preço caia no próximo ano. É possível que as vendas voltem a crescer.",
        ),
        (
            "Eu acho isso um absurdo.",
            "Eu acho isso um absurdo. Ninguém merece ser tratado assim, francamente.",
        ),
        (
            "Inscreva-se agora e garanta a sua vaga!",
            "Inscreva-se agora e garanta a sua vaga! Aproveite o desconto de lançamento.",
        ),
        (
            "O time venceu por 2 a 1 fora de casa.",
            "O time venceu por 2 a 1 fora de casa. Os gols saíram no segundo tempo.",
        ),
    ),
}

BASES = (
    "O centro de dados fica a 30 quilômetros da capital.",
    "A biblioteca reúne livros de 14 países.",
    "O aplicativo mostra a previsão do tempo por bairro.",
    "A feira tem 60 expositores.",
    "O novo bairro terá duas escolas.",
    "O barco usa painéis solares.",
)
ADDED: dict[str, tuple[Label, tuple[str, ...]]] = {
    "a hedge is added": (
        "speculative",
        (
            "Segundo a empresa, poderá dobrar de tamanho nos próximos anos.",
            "Talvez isso mude no futuro, se houver interesse.",
        ),
    ),
    "an offer is added": (
        "promotional",
        ("Garanta já o seu com desconto!", "Inscreva-se agora e aproveite a oferta exclusiva!"),
    ),
    "a judgement is added": (
        "opinion",
        ("Na minha opinião, é uma vergonha.", "Eu acho isso um desperdício lamentável."),
    ),
}
SOURCED: tuple[tuple[str, str], ...] = (
    ("A obra vai bem.", "A obra está 62% concluída, segundo o relatório publicado em maio."),
    ("O trânsito piorou muito.", "O trânsito aumentou 12% em 2022, segundo o departamento de estradas."),
    ("O remédio é ótimo.", "O remédio reduziu a febre em 71 dos 120 pacientes, segundo o estudo."),
    ("Vendemos como nunca!", "As vendas somaram 3.200 unidades em julho, segundo o balanço da empresa."),
    ("A escola é a melhor.", "A escola tem 420 alunos e 31 professores, segundo o censo escolar."),
    ("Todo mundo usa o aplicativo.", "O aplicativo tinha 1,2 milhão de usuários em junho, segundo a loja."),
)
UNMOVED: tuple[tuple[str, str, str, Label], ...] = (
    (
        "negated cue",
        "A empresa informou o calendário na segunda-feira.",
        "A empresa informou na segunda-feira que não dará desconto nem oferta.",
        "promotional",
    ),
    (
        "negated cue",
        "O laboratório publicou os resultados em maio.",
        "O laboratório publicou os resultados em maio e não fez nenhuma previsão.",
        "speculative",
    ),
    (
        "negated cue",
        "O relatório descreve o acidente em 40 páginas.",
        "O relatório descreve o acidente em 40 páginas e não emite opinião.",
        "opinion",
    ),
    (
        "negated cue",
        "O formulário pede nome e endereço.",
        "O formulário pede nome e endereço e não obriga a comprar nada.",
        "promotional",
    ),
    (
        "quoted cue",
        "O anúncio foi retirado do ar pelo tribunal em 2021.",
        'O anúncio "compre já" foi retirado do ar pelo tribunal em 2021.',
        "promotional",
    ),
    (
        "quoted cue",
        "A palavra aparece 14 vezes na lei de 1998.",
        'A palavra "talvez" aparece 14 vezes na lei de 1998.',
        "speculative",
    ),
    (
        "quoted cue",
        "A expressão foi usada pelo deputado na sessão de quarta-feira.",
        'A expressão "é um absurdo" foi usada pelo deputado na sessão de quarta-feira.',
        "opinion",
    ),
    (
        "quoted cue",
        "O filtro apaga mensagens de publicidade.",
        'O filtro apaga mensagens que contêm "oferta imperdível" ou "clique aqui".',
        "promotional",
    ),
    (
        "fact about selling",
        "O museu abre às dez horas.",
        "O museu vende ingressos na bilheteria e na internet.",
        "promotional",
    ),
    (
        "fact about selling",
        "A loja fechou em 2018.",
        "A loja vendeu 3 mil bicicletas com desconto antes de fechar, em 2018.",
        "promotional",
    ),
    (
        "dated plan",
        "A linha tem 14 estações.",
        "A linha terá 14 estações e será inaugurada em 12 de outubro, informou o governo.",
        "speculative",
    ),
    (
        "ability, not possibility",
        "O programa exporta tabelas em CSV.",
        "O programa pode exportar tabelas em CSV e pode abrir arquivos antigos.",
        "speculative",
    ),
)


def _cases() -> dict[Kind, tuple[Case, ...]]:
    minimum = tuple(Minimum(family, text, label) for (family, label), texts in MINIMUM.items() for text in texts)
    same = tuple(
        Same(family, text, change(text), within) for family, (change, within) in MECHANICAL.items() for text in PLAIN
    ) + tuple(Same(family, one, other) for family, pairs in EQUAL.items() for one, other in pairs)
    moves = (
        tuple(
            Moves(family, base, f"{base} {addition}", label)
            for family, (label, additions) in ADDED.items()
            for base in BASES
            for addition in additions
        )
        + tuple(Moves("a figure with a source", before, after, "factual") for before, after in SOURCED)
        + tuple(Moves(family, before, after, label, up=False) for family, before, after, label in UNMOVED)
    )
    return {"minimum functionality": minimum, "invariance": same, "direction": moves}


CASES = _cases()
"""All cases by kind."""
