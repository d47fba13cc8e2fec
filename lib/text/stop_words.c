/* SPDX-License-Identifier: MIT */
#include "text/text_inside.h"

/*
 * Words that sentences are made of and themes are not: articles, pronouns, prepositions,
 * conjunctions, auxiliaries, adverbs of degree and politeness. Chosen for support tickets and
 * surveys. Left in on purpose: negations (not, no, never, without and their like, also where they
 * are joined: can't), and words that are themes of their own in such texts (problem, error, help).
 */

static const char english[] =
    "a about above after again all also although am an and any anything are as at be because "
    "been before being below between both but by can could did do does doing down during each "
    "either else etc even ever every for from further get gets getting give go goes going got "
    "had has have having he hello her here hers herself hi him himself his how however i i'd "
    "i'll i'm i've if in into is it it's its itself just let let's lot lots made make makes "
    "many may me might mine more most much must my myself now of off on once one only onto or "
    "other our ours ourselves out over own per please put quite rather really same say see seem "
    "seems shall she should so some something still such than thank thanks that that's the "
    "their theirs them themselves then there there's therefore these they they're they've thing "
    "things this those though through thus to too toward under until up upon us use used using "
    "very via was we we'd we'll we're we've well were what what's when where whether which "
    "while who whom whose why will with within would yes yet you you'd you'll you're you've "
    "your yours yourself";

static const char german[] =
    "ab aber alle allem allen aller alles als also am an andere anderen auch auf aus bei beim "
    "bin bis bitte da dabei dadurch dafür damit danach dann daran darauf daraus das dass davon "
    "dazu dein deine dem den denn der deren des deshalb dessen dich die dies diese diesem "
    "diesen dieser dieses dir doch dort du durch eben ein eine einem einen einer eines er es "
    "etwas euch euer eure für gab ganz gar geben gegen gemacht gewesen gibt hab habe haben "
    "hallo hat hatte hatten hier hin ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im immer in "
    "ins ist ja jede jedem jeden jeder jedes jetzt kann können könnte könnten leider machen "
    "macht man mal mehr mein meine meinem meinen meiner mich mir mit möchte muss müssen nach "
    "nachdem noch nun nur ob oder schon sehr sein seine seinem seinen seiner seit selbst sich "
    "sie sind so soll sollte sondern sowie über um und uns unser unsere unserem unseren "
    "unserer unter viel viele vielen vom von vor wann war waren warum was weil welche welchem "
    "welchen welcher welches wenn wer werde werden wie wieder will wir wird wo wollen wurde "
    "wurden würde würden zu zum zur zwischen danke";

static const char french[] =
    "à afin ai aie ainsi alors après as au aucuns aussi autre autres aux avait avant avec "
    "avez avoir avons beaucoup bien bonjour car ce cela celle celles celui ces cet cette ceux "
    "chaque chez ci comme comment dans de depuis des deux doit donc dont du elle elles en "
    "encore entre es est et étaient étais était été êtes être eu eux faire fait faut "
    "fois font il ils je jusque la là le les leur leurs lors lui ma mais me même mêmes merci "
    "mes moi mon notre nos nous on ont ou où par parce peu peut peuvent peux plus pour "
    "pourquoi quand que quel quelle quelles quels quelque qui quoi sa se sera ses si sommes son "
    "sont sous souvent suis sur ta te tes toi ton tous tout toute toutes très trop tu un une "
    "vers voici voilà vos votre vous y ça étant";

static const char spanish[] =
    "a además ahora al algo alguna algunas alguno algunos ambos ante antes aquel aquella aquí "
    "así aunque bajo bien buenas buenos cada como cómo con contra cual cuál cuales cuando "
    "cuándo cuanto de del desde después días donde dónde dos durante e el él ella ellas "
    "ellos en entonces entre era eran eres es esa esas ese eso esos esta está estaba estado "
    "estamos están estar estas este esto estos estoy fue fueron gracias ha había hace hacer "
    "hacia han has hasta hay he hola hoy la las le les lo los luego más me mi mí mientras mis "
    "mismo mucho muchos muy nos nosotros nuestra nuestras nuestro nuestros o os otra otras otro "
    "otros para pero poco por porque favor pues que qué quien quién se sea según ser si sí "
    "sido siempre sobre sois solo sólo somos son soy su sus también tan tanto te tener tengo "
    "ti tiempo tiene tienen toda todas todo todos tu tú tus un una unas uno unos usted ustedes "
    "va vamos vez vosotros voy y ya yo";

static const char italian[] =
    "a abbiamo ad adesso agli ai al alla alle allo allora altra altre altri altro anche ancora "
    "avere aveva avete avevo bene c che chi ci ciao ciò come con contro cosa così cui da "
    "dagli dai dal dalla dalle dallo degli dei del della delle dello dentro di dopo dove due e "
    "è ecco ed egli era erano essa esse essere essi esso fa fare fatto fino fra già gli "
    "grazie ha hai hanno ho i il in infatti io la le lei li lo loro lui ma me mentre mi mia mie "
    "miei mio molta molte molti molto ne negli nei nel nella nelle nello noi nostra nostre "
    "nostri nostro o ogni oltre ora perché però più piu poi può possono posso prego prima "
    "proprio qua quale quali qualche quando quanto quella quelle quelli quello questa queste "
    "questi questo qui quindi se sei sempre si sì sia siamo siete solo sono stata state stati "
    "stato su sua sue sugli sui sul sulla sulle sullo suo suoi tra tu tua tue tuo tuoi tutta "
    "tutte tutti tutto un una uno vi voi vostra vostre vostri vostro";

static const char portuguese[] =
    "a à agora ainda além algo alguma algumas alguns ao aos apenas aquela aquele aqueles "
    "aquilo as às assim até bem boa bom cada com como contra da das de dela dele deles depois "
    "desde dessa desse desta deste dia disso do dois dos durante e é ela elas ele eles em "
    "enquanto entre era eram essa essas esse esses esta está estamos estão estar estas estava "
    "este estes estou eu faz fazer foi for foram há isso isto já la lhe lhes lo mais mas me "
    "mesma mesmo meu meus minha minhas muita muitas muito muitos na nas nessa nesse nesta neste "
    "nos nós nossa nossas nosso nossos num numa o obrigada obrigado olá onde os ou outra "
    "outras outro outros para pela pelas pelo pelos pode podem por porque pois pra quais qual "
    "quando quanto que quem se seja ser seu seus só sobre são sou sua suas também tão te "
    "tem têm temos tenho ter teu teve toda todas todo todos tu tua tudo um uma umas uns vai "
    "você vocês vos";

static const char dutch[] =
    "aan al alle alleen alles als altijd andere bedankt ben bij bijna daar dan dank dat de deze "
    "die dit doe doen doet door dus een eens elk elke en er erg even ga gaan gaat gewoon goed "
    "graag had hadden hallo heb hebben hebt heeft heel hem hen het hier hij hoe hun iets ik in "
    "is ja je jij jou jouw jullie kan kon kun kunnen maar me meer men met mij mijn moet moeten "
    "na naar nog nu of om omdat ons onze ook op over reeds s steeds t te tegen toch toen tot u "
    "uit uw van veel via voor waar waarom wanneer want waren was wat we wel welke werd werden "
    "wie wij wil willen word worden wordt ze zeer zich zij zijn zo zoals zodat zou zouden "
    "zullen";

static const char hungarian[] =
    "a abban addig aki akik akkor ahol alatt által általában amely amelyek ami amikor amit "
    "annak arra arról át az azok azon azonban azt aztán azután be belül benne bár csak de "
    "e ebben eddig egy egyéb egyes egyik el ő ők őket elé előbb előtt én ennek erre "
    "erről és esetén ez ezek ezen ezért ezt fel felé ha hanem hogy hogyan honnan hozzá id "
    "ide igen így ill illetve ilyen ilyenkor is ismét itt jó jól kell kellett kérem "
    "keresztül ki kívül köszönöm köszönjük között közül le legyen lehet lenne lesz "
    "lett maga magát majd már más másik meg mellett mely melyek mert mi miatt mikor mint "
    "mintha mit mivel miért most nagyon ott össze pedig persze rá s saját sok sokat sokkal "
    "szerint szia számára talán te tehát több tovább továbbá úgy úgyhogy újra után "
    "utána üdv üdvözlettel vagy vagyis vagyok vagyunk valaki valami valamint való van "
    "vannak vele vissza volna volt voltak voltam";

const text_language churn__text_languages[] = {
    {"en", english, NULL},
    {"de", german, NULL},
    {"fr", french, "l d j m t s n c qu jusqu lorsqu puisqu quelqu"},
    {"es", spanish, NULL},
    {"it", italian,
     "l un d c s m t v dell all dall nell sull coll dov com cos quest quell tutt anch quand"},
    {"pt", portuguese, NULL},
    {"nl", dutch, NULL},
    {"hu", hungarian, NULL},
    {NULL, NULL, NULL},
};
