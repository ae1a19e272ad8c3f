"""Words that are no sign of a name when they stand alone.

The 2,300 words that are most often written in lower case in public English corpora (tweets, filings, judgments, novels,
news), and words of English, and a few of German, French and Spanish, that are names of people or places too.
"""

from __future__ import annotations

__all__ = ["COMMON", "NOUNS"]

COMMON = frozenset(
    """
ability able about above abuse academic accepted access accident accordance according account accounted accounting
accounts accrued accurate accused achieved acquire acquired acquisition across act acting action actions activities
activity acts actual actually add added addition additional additions address adequate adjusted adjustments
administration administrative admitted adopted adoption advance advanced adverse advertising affairs affect affected
after afternoon again against age aged agency agent agents aggregate ago agree agreed agreement agreements agrees
ahead aid ain air album alive all alleged allocated allow allowance allowed almost alone along already also alt
alternative although always am amazing amended among amount amounted amounts an analysis ancient and animals
anniversary announced annual another answer anti anticipated any anyone anything appeal appealed appeals appear
appearance appeared appears applicable application applications applied apply applying appointed appointment approach
appropriate approved approximately april are area areas argument arising arm arms army around arrangement arrangements
arrest arrested arrived art article articles artist artists as ask asked aspect aspects assault assessed assessment
assets assign assigned associated association assumed asylum at attached attack attempt attempts attend attention
attorney attributable audit august authorities authority authorized autumn available average avoid award awarded
awards away baby back background bad balance balances ball band bands bank bankruptcy bar base based basic basis bath
battle be bean bear bearing beat beautiful became because become becomes becoming bed been before began begin
beginning begun behalf behind being believe believed believes bell below benefit benefits best better between beyond
big bill billion bin binding birds birth birthday bit black blame blog blood bloom blue blunt board body bon bonds
bonnet book books border born both bought bound bowman box boy boys brain branch brand breach break bridge bright
bring broad broadcast broke broken brook brother brought brown bueno build building built bus bush business businesses
busy but buy by calculated calculation calendar call called calls came camera camp campaign can cancer candidate
candidates cannot capacity capital captain car card care career carried carriers carry carrying cars case cases cash
catch category caught cause caused causes cave celebrate cent center central centre century certain certainly
certificate certificates certified chair challenge championship chance change changed changes channel character charge
charged charges charity chase check chief child children chile china choice choose christian christmas church circuit
circumstances city civil claim claimed claiming claims class classified clause clean clear clearly clement clock close
closed closing clothes cloud club coach coal coast coat cold collected collection collectively college combination
combined come comes coming comments commercial commitment commitments committed common communicate communicated
communication community companies company comparable compared compensation competition complained complaint complaints
complete completed completely completion compliance comply composed composition comprehensive comprised computer
concerned concerning concert concluded condition conditions conduct conducted conference confidential confirmed
conflict confused conjunction connected connection consent consider consideration considered considering considers
consist consisted consistent consisting consists consolidated constance constant constituency constitute
constitutional construction consumption contact contained content contest contested context continue continued
continues continuing contract contracts contributed contribution contributions control controlled converted convicted
conviction cool copy core cork corner corporate corporation correct cost costs cotton could couldn counsel count
countries country county couple course court courts cover coverage covered covering crash crazy create created
creation credit creditors credits crew cried criminal critical cross crossing cry cultural culture cure current
currently custody customer customers cut dad daily damage damaged damages dance dangerous dark darling data date dated
dates daughter day days dead deal dean dear death debt debts decide decided decision decisions declared decline
declined decrease dedicated deemed deep default defeated defend defendant defense deficiency defined definition degree
delay deliver delivered delivery demand demands denied deposit derivative derived described design designated designed
despite destiny destroyed details determine determined developed development diamond did didn die died difference
differences different difficult digital dinner direct directed directly director directors disability disclosed
discontinued discovered discretion discrimination discussed discussion dismissed disposition dispute disputes distance
distinct distribution district dividend divorce do doctor document documents does doesn dog doing dollars domain
domestic done door double doubt down draw dream dreams dress drew drink drinking drive driven driving drug du due duly
during dusty duties duty each earl earlier early earned earnest earnings easily east easter easy eat economic economy
education effect effective effectiveness effects effort efforts eggs eight either elected election electrical
electricity electronic elements else em email emissions employee employees employment end ended ends energy
enforceable engaged enjoy enough ensure enter entered entire entirely entitled entry environment episode equal
equipment equity ernest ernst especially established establishment estate estimate estimated estimates et euros even
evening event events eventually ever every everyone everything evidence ex exactly examination examine examined
example exceed excellent except excess exchange exchanged excited excluding exclusion exclusive executed execution
executive exercise exercising exhibit exist existence existing expect expected expense expenses experience
experimental expert expertise experts expire exposure express expressed extended extending extension extensions extent
external eye eyes face faces facilities facility fact factors facts faculty fail failed fails failure fair faith fall
family famous fan fans far fashion fast father favor favorable favorite favour favourite features federal fee feel
feeling fees feet felicity fell fellow felt festival few field fields fight figure file filed film final finally
finance financial financing find finding findings fine finish finished fire firm first fiscal fish five fixed flag
flat flight floor flow flowers flows fly focus follow followed followers following follows food foot football for
force forced forces ford foreign forget form format formation formed former forms forth forward found founded founder
four fourth franchise frank free freedom frei freight friday friend friends from front full fully fun fund funding
funds funny further future gain gains gale game games garden gas gate gave gay gene general generally generated
generation geographical georgia get gets getting girl girls give given gives giving glad glass global go goal goes
going gold gone good goods goodwill got government governmental grace grand grant granted gray great greater greatest
green grew grey gross ground grounds group groups grow growing growth gt guarantee guess guidance guilty guinea guy
guys gym ha had hair half hall hand handed hands happen happened happens happy hard hardware harmony has hat hate have
haven having he head health hear heard hearing heart heat heavy held hell help helped her here hereafter hereby
herself high higher highest highly hill him himself hire his historical history hit hockey hold holding holds holiday
home honey hook hope hospital host hot hour hours house houses how however hr huge human hundred hunt hurt husband ice
idea ideas identified if ill illegal immediate immediately impact implementation importance important imposed improve
improvement improvements in incident include included includes including income incorporated increase increased
increases increasing incurred indeed independence independent index indicated individual industry information informed
initial initiated injured injury inspired instance instead instituted institutions instrument instruments insurance
intellectual intended inter interest interested interesting interests internal international internet intervention
interview interviews into introduced investigation investment investments invited involved involving is isn issue
issued issues it item items its itself ivory jack january jersey job jobs join joined joint joy judge judgment
judgments june jurisdiction jury just keep keeping kept key kids kill killed killing kind king klein km knew know
knowledge known knows kurz label lack lady laid lake land lane language languages large larger largest last late later
latest latter laugh launch launched law lawful laws lawyer lay lead leader leadership leading leaf league learn
learned learning lease least leave leaves leaving led left legacy legal legally lemon length less let letter letters
level levels liability liable license licenses life light like liked likely limit limitation limitations limited line
lines link lips list listed listening litigation little live lived lives living loading loan loans local located
location locations long longer look looked looking looks lord lose loss losses lost lot lots love loved lovely loving
low lower lt luck lyrics mad made magazine mail main mainly maintain maintained maintenance major majority make makes
making man managed management mann manner many march margin mark market marketing markets marks marriage married mass
master match material materials mathematics matter matters maturity maximum may maybe me mean meaning means meant
measure measured measures media medical meet meeting meetings melody member members membership memory men mentioned
mercy merits merry message met method mid middle might miles military million millions mind mine minimum minister
minute minutes miss missed missing mission misty mix mobile model models modern modified moment moments monday money
month monthly months moody more morning moss most mother motion move moved movement movements movie moving much murder
music must my myself na name named names nation national native natural nature near nearly necessary need needed needs
negative negligence neither net network neu never new newly news next nice nick night nine no noble nobody noel non
none noon nor normal north northern nose not note noted notes nothing notice noticed notices notified novel now null
number numbers numerous obligation obligations observations observed obtain obtained occupation occur occurred
occurrence occurs of off offence offer offered offering offers office officer officers official officials offset often
oh oil okay old older on once one ones ongoing online only open opened opening operated operates operating operation
operations operators opinion opportunity option options or orange order ordered orders ordinary organisation organised
organization organized original originally originated other others otherwise our out outside outstanding over overall
owed own owned owner owners ownership page paid pain paper parents park part partially participants participated
particular particularly parties partly partnership parts party pass passed passenger passengers passing past pat
patience patient pay payment payments peace pending pension people per percent perfect perform performance performed
perhaps period periods permission permit permitted person personal persons phone photo photos pick picked picture
pictures piece pier place placed places plaintiff plan plane planned planning plans plant play played player players
playing plays please pledge plot plus point pointed points police policies policy political pond pool poor pop popular
population portion position positions positive possession possible post posted potential power powers practice
practising pre pregnant preliminary premium prepaid prepared prescription present presented presents president press
pretty previous previously price prices primarily primary principal principle principles prior priority prison private
pro probably problem problems procedure proceeding proceedings proceeds process processes processing produce produced
product production products professional professor profit profits program programs project projects promptly proof
proper properties property proposed protect protection prove provide provided provides providing provision provisions
prudence public published purchase purchased purpose purposes pursuant put putting qualified quality quarter quarterly
question questions quickly quiet quite race radio rain raise raised ran randy range rate rates rather ray reach
reached read reading ready real realize realized really reason reasonable reasonably reasons receipt receive received
receiving recent recently recognised recognition recognize recognized reconciliation record recorded recording records
red reduce reduced reduction reference referred referring reflect reflected refusal refused regard regarding regards
region regional regions registered registration regular regulation regulations rejected relate related relating
relationship relative relatively release released relevant relief religious remain remained remaining remedies remedy
remember remembered removed rendered repair replace replaced replied report reported reporting reports represent
representation representations representative represented represents request requested requesting requests require
required requirements requires research residence resources respect respective respectively respects responded
response responsible rest restaurant restricted result resulted resulting results retired retirement return returned
returns revealed revenue revenues review rice rich ride right rights ring rise risk river road rob rock role room root
rose round route rule ruled rules ruling run running sad safe said sale sales same sample sandy sat satisfied savage
save saw say saying says scene schedule scheduled scheme school schools science scientific scope scored sea search
season seat seats second secret section secure security see seeing seeking seem seemed seems seen segment selected
self sell selling send senior sense sent sentence sentenced separate series serious seriously serve served service
services serving set sets setting settled settlement seven several severe sex shall share shareholder shareholders
shares sharp she sheet shell ship shop short shortly shot should show showed showing shown shows shut sick side sides
sight sign signed significant signs silk silver similar simple simply since singer single sir sister site sites
sitting situation six size skills skin skip sky skye sleep slightly slow small smaller smart smile smoke snow so
social society software sold sole solely some somebody someone something sometimes son song songs soon sorry sort
sound sounds source sources south southern space speak speakers speaking special species specific specifically
specified speech speed spend spending spent split spoke spoken sport sports spot spring square staff stage stand
standard standing star start started starting starts state stated statement statements states stating station status
statute statutory stay stayed step steps stern still stock stone stood stop stopped storage store stores stories storm
story straight strange street strength strike strong struck structure student students studies study stuff style
subject subjects submit submitted subsequent subsequently substantially success successful such sue sufficient
suggested suit sum summary summer sun sunny supply support supported supporting supposed sure surface survive
suspicion sustained sweet swift system systems table tables take taken takes taking talk talking talks tall tax taxes
tea team teams technical technology telephone television tell tells temporary ten ter term terminated termination
terms test text than thank thanks that the their them themselves then theory there thereafter thereby therefore
thereof these they thick thing things think thinking third thirty this those though thought thoughts thousand
thousands threat three through throughout thus tickets til till time times tired title titled to today together told
tomorrow tonight too took top total totally touch tour tournament toward towards town track tracks trade trading train
training transaction transactions transfer transferred transition travel treatment trial tried trip troops trophy
trouble true trust try trying turkey turn turned turns tweet twelve twenty twice two type typically uh um unable
uncertain under underlying understand understanding understood unique unit units university unless unpaid until up
upheld upon us use used useful users uses using usually valid validity value values van various venture version
versions versus very via victims video view views village villages violated violation visit voice volume vote votes
wait waiting waiver wake walk walking wall want wanted wants war warm warrants was wasn watch watched watching water
way ways we wear wearing weather website wedding week weekend weeks weight weighted welcome well went were west what
whatever when where whether which while white who whole whom whose why wide wife wild will win wind window windows
wine winner winning wins winter wise wish wit with within without woman women won wonder wonderful wood woody word
words work worked working works world worse worst worth would wouldn write writers writing written wrong wrote yard
yeah year years yes yesterday yet york you young younger your yourself youth
""".split()
)
"""Folded, without accents."""

NOUNS = frozenset(
    """
abbot ace amber angel archer ash baker banks barber baron bass bauer bay berry bills bishop blanc blanco bob bond
booth braun brooks brun buck buffalo bull butcher butler carpenter carter casas cherry chip chuck clay cliff clint
colt cook cooper coral crane crow cruz crystal dale dawn delgado dick don drake driver duke essen eve farmer fern
finch fisher flores fox franks fromm frost gardner gates ginger glen hawk hazel heath heather hills holly hood horn
hunter iglesias iris ivy jade jasmine jewel jung kaiser knight koch lamb lance lang leon leroy lily lion marchand
marsh marshal mason meadows miller moor moreno noir olive paige parks peacock pearl peg penny pepper petit phoenix
pike piper plum pope poppy porter potter pound prince reed reich rey reyes rico rivers robin rocky rod rojo roth rubio
ruby rusty saffron sage salmon schwarz sergeant shepherd skinner smith sonny sparrow stark sterling stolz swan tanner
trinity troy turner victor violet virgin wade walker ward waters weaver weiss wells willow wolf woods wren wright
yates
""".split()
)
"""Words that are no name in lower case, but are one with a capital, at the beginning of a sentence too."""
