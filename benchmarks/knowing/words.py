"""Names, streets, towns and sentences that records are generated from."""

from __future__ import annotations

__all__ = ["ADDRESSES", "CODES", "HOME", "PEOPLE", "SENTENCES"]

PEOPLE = {
    "us": (
        "James Mary Robert Patricia Michael Jennifer Grace Will Mark Rose April Hope Dwayne LaToya Chase Bill Joy",
        "Smith Johnson Brown Jones Davis Miller Young King Price Long Washington Hill Green Case O'Brien McDonald Bush",
    ),
    "uk": (
        "Oliver Amelia Harry Isla Alfie Poppy Nigel Gemma Callum Siobhan Priya Mohammed Fiona Hugh Imogen Max May",
        "Taylor Evans Walker Wright Robinson Hughes Khan Patel Ward Fletcher-Moore MacLeod Penrose Read Little",
    ),
    "de": (
        "Jürgen Käthe Hans-Peter Anna-Lena Günther Uwe Björn Sabine Heike Torsten Annemarie Jörg Birgit Karl-Heinz Mia",
        "Müller Schäfer Weiß Köhler Groß Meyer-Schmidt Krüger Klein Vogel Baumgärtner Schröder Lang Keller Strauß Jung",
    ),
    "nl": (
        "Jan Pieter Anneke Sanne Willem Femke Joost Marijke Bram Lotte",
        "de Vries|van der Berg|van Dijk|Jansen|de Jong|van den Heuvel|Bakker|ter Horst|Visser|van 't Hof",
    ),
    "fr": (
        "Jean-Luc Émilie François Zoé Benoît Hélène Chloé Étienne Marie-Claire Gaëlle Théo Inès",
        "Lefèvre|Dupont|Béranger|de la Tour|Petit|Garçon|Le Goff|Durand|Moreau|Blanchard-Roux|Noël",
    ),
    "es": (
        "José María Lucía Íñigo Sofía Andrés Begoña Raúl Carmen Ángel Pilar",
        "García López|Núñez|Fernández Ruiz|de la Cruz|Muñoz Peña|Ibáñez|del Río|Castaño|Gómez Ortega|Zúñiga",
    ),
    "pl": (
        "Łukasz Małgorzata Wojciech Agnieszka Paweł Zofia Grzegorz Bożena",
        "Kowalski Wiśniewska Łuczak Zieliński Wójcik Dąbrowska Szymański Żak",
    ),
    "tr": (
        "Ayşe Mehmet Gülşen İbrahim Çağla Ömer Şule Emre",
        "Yılmaz Öztürk Şahin Çelik Aydın Güneş Kılıç Doğan",
    ),
    "in": (
        "Priyanka Arjun Lakshmi Venkatesh Deepika Rohan Anjali Suresh Gurpreet",
        "Sharma Iyer Reddy Singh Chatterjee Gupta Nair Krishnamurthy Kaur Rao",
    ),
    "ar": (
        "Mohammed Fatima Omar Layla Youssef Noor Khalid Amina Tariq",
        "Al-Sayed|El Amrani|bin Laith|Haddad|Al Rashid|Mansour|Ben Youssef|Nasser|Abdel-Rahman",
    ),
    "zh": (
        "Xiaoming Wei Jing Li-Hua Jun Mei Guangzhou Yi Xinyi",
        "Wang Li Zhang Chen Ng Ouyang Ma Xu Zhao Lin",
    ),
    "han": ("小明 建国 丽华 伟 静怡 志强 婷婷 俊杰", "王 李 张 欧阳 陈 刘 司马 赵"),
}
"""Given names and surnames by country; between bars where a surname has spaces."""

ADDRESSES = {
    "us": (
        "Main Street|Oak Avenue|Martin Luther King Boulevard|Sunset Drive|5th Avenue|N Lincoln Street|Cedar Lane",
        "Springfield, IL 62704|Portland, OR 97205|New York, NY 10036|St. Paul, MN 55102|Reading, PA 19601",
    ),
    "uk": (
        "High Street|Baker Street|Station Road|Church Lane|Kingsway|St. John's Road|Victoria Terrace|Park View Close",
        "London SW1A 2AA|Leeds LS1 4DY|Bath BA1 1SU|Manchester M4 5JD|Kingston upon Hull HU1 2AA",
    ),
    "de": (
        "Hauptstraße|Lange Straße|Bahnhofstraße|Kurfürstendamm|Goetheplatz|Am Weiher|Dr.-Karl-Renner-Straße|Mühlenweg",
        "10115 Berlin|80331 München|60311 Frankfurt am Main|53113 Bonn|89073 Ulm",
    ),
    "fr": (
        "rue de la Paix|avenue Victor Hugo|boulevard Saint-Germain|place Bellecour|chemin des Lilas",
        "75002 Paris|69002 Lyon|13001 Marseille|35000 Rennes",
    ),
    "es": (
        "Calle Mayor|Avenida de América|Paseo de Gracia|Plaza de España",
        "28013 Madrid|08007 Barcelona|41001 Sevilla",
    ),
}
"""Streets and towns by country."""

HOME = {"nl": "de", "pl": "de", "tr": "de", "in": "uk", "ar": "fr", "zh": "us", "han": "us"}
"""Whose addresses and phone numbers a country without its own uses."""

CODES = {"us": "1", "uk": "44", "de": "49", "fr": "33", "es": "34"}
"""Telephone country codes."""

SENTENCES = {
    "name": (
        "{} called about the delayed payment.",
        "I spoke with {} this morning and promised a call back.",
        "The letter from {} arrived on Monday.",
        "According to {} nothing was signed.",
        "We agreed with {}, who will send the form.",
        "Please ask {} for the receipt before Friday.",
    ),
    "account": (
        "The refund went to {} last week.",
        "Account {} was debited twice.",
        "Please check {} for the missing transfer.",
        "The customer gave {} as the account.",
    ),
    "phone": (
        "Best reached at {} after five.",
        "Tried {} twice, no answer.",
        "Phone {} is no longer in use.",
        "New number? No, still {}.",
    ),
    "address": (
        "The parcel went to {} by mistake.",
        "Inspection at {} is planned for May.",
        "Still lives at {}, she said.",
        "The damage at {} was photographed.",
    ),
}
"""What a text says about a value, by kind."""
