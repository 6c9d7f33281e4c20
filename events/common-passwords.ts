/**
 * Words, names and keys in a row that passwords are most often made of, folded: in lower case,
 * without digits and marks around them. Those that are digits alone stand as they are.
 */
export const COMMON_PASSWORDS: ReadonlySet<string> = new Set(
  `
aaaaaaaa abcabcabc abcdabcd abcdef abcdefg abcdefgh abcdefghi abracadabra acapulco access
accident account achilles action adelaide adgjmptw adidas admin administrator adrian adriana
aeroplane africa airborne airforce airplane alabama alaska albatross alberto alejandra alejandro
alex alexander alexandra alexandre alexis alfred alicia alison allison alpha alphabet alphonse
alyssa amanda amazing amazon amber america american amsterdam anaconda anastasia anderson andrea
andreas andrei andrew android angel angela angelica angelina angelo angels angus animal animals
annabelle anthony antonio anything apache apollo apple applepie apples aquarius arizona arsenal
arthur asdasd asdasdasd asdf asdfasdf asdfgh asdfghjk asdfghjkl asdfjkl ashley asshole athena
atlanta atlantis august aurora austin australia autumn avalanche avatar awesome babies baby
babyblue babyboy babydoll babygirl bailey baller ballin balloon bambam banana bananas bandit
barbara barbie barcelona barney baseball basket basketball bastard batista batman beach beagle
beaner beatles beatrice beautiful beautifulday beauty beaver beckham belgium believe belinda
benfica benjamin bennett bernard bernardo bernie beverly bigboy bigdaddy bigdick bigdog bigred
bigtits bigfoot bill billabong billy bingo biology birthday biscuit bismarck bitch bitches
blabla blablabla black blackbird blackcat blackdog blackhawk blackie blackjack blackman blackout
blackrose blacksmith blahblah blah bless blessed blessing blink blizzard blonde blondie blood
bloody blossom blowfish blowjob blowme blue bluebell blueberry bluebird blueeyes bluefish bluemoon
bluesky bond bonita bonnie booboo booger boomer boomerang boston bourbon bradley brandon brandy
brasil braves brazil brenda brianna bright britney british broadway broken broncos brooklyn
brother brothers bruce brucelee bruno brutus bubba bubbles buddha buddy buffalo buffy bulldog
bulldogs bullet bullseye bullshit bunny business buster butter buttercup butterfly butterfly
butthead button buttons cabbage caesar california callie calvin camaro cambridge camelot cameron
camille campbell camping canada cancer candle candy cannabis canon capricorn captain caramel cardinal
cardinals carlos carmen carolina caroline carpenter carrie carter cartman casanova cascade casey
casino casper cassandra cassie castle catalina catherine catfish cathy catdog cecilia celebrity
celeste celine celtic center central chacha challenger champ champagne champion champions chance
chandler changeit changeme chanel channel chaos charity charles charlie charlotte charmed chase
cheater checkers cheese cheesecake chelsea chelseafc chemical chemistry cherokee cherries cherry
chester chevelle chevrolet chevy cheyenne chicago chicken chickens chihuahua children chinese
chipper chocolat chocolate chopper chris chrisbrown christ christian christina christine christmas
christopher chrome chuck church cinderella cindy cinema cinnamon classic classroom claudia
claudio clemson cleopatra clinton close clover cobra cocacola coconut coffee coldplay colleen
college collins colorado coltrane columbia columbus comeback comedy comfort command commander
company compaq computer concrete confidential connect connection connor consuelo contact control
converse cookie cookies cooking cool coolcat coolcool cooldude coolgirl coolguy cooper copper
cornelius corona coronado corvette cosmos costello cottage country courage courtney cowboy cowboys
coyote crackers cradle craig crazy crazycat creation creative cricket cristian cristiano cristina
crocodile crusader crystal culture cupcake customer cutie cutiepie cyclone daddy daddygirl
daisy dakota dallas damian damien dancer dancing danger daniel daniela daniella danielle danny
darkangel darkknight darkmoon darkness darkside darling darth dartmouth darwin database dave
david davidson deadhead deadly deadpool deathnote debbie deborah december deedee default deftones
delaware delfin delight delirium delta deluxe demon denise dennis denver depeche depechemode derrick
desire desiree desktop destiny detroit deutsch deutschland devil dexter diablo diamond diamonds
diana diesel digital dilbert direct dirtbike discover discovery disney disneyland doctor dodgers
doggie dollar dolphin dolphins domingo dominic dominick dominique donald donkey donna donovan
doraemon dorothy double doubled douglas download dragon dragonball dragonfly dragons dreamer
dreams drowssap drummer duke dundee dynamite dynasty eagle eagles earthquake eastside easter eclipse
edgar edward edwards einstein elaine eldorado eleanor electric electronic element elephant
elevation elizabeth ellie elvis emerald emergency emily eminem emmanuel empire endless engineer
england english enigma enrique enter enterprise entropy epiphone eric erica escalade escape
esmeralda esperanza espresso estrella eternal eternity eugene europe evangelion evelyn evergreen
everlast everton everyday everything evolution example excalibur excellent exchange exclusive
explore explorer express extreme fabian fabulous facebook fairlane faith faithful falcon falcons
falloutboy family fantasia fantastic fantasy farfalla fashion fatboy fatcat fatima favorite
february federico felicia felicidad felipe felix fender fenerbahce ferguson fernanda fernando
ferrari ferret festival fidelity fighter finance firebird fireball firefire firefly firefox
fireman firewall fish fishing fisherman fitness flamenco flamengo flamingo florence florida
flower flowers fluffy flyers flying follow football forbidden ford foreigner forest forever
formula forsaken fortuna fortune forward fountain fourteen foxtrot francesca francesco francis
francisco franco frank frankie franklin freak fred freddie freddy frederic frederick free freedom
freefall freefree freestyle freeway french friday friend friends friendship frogger frontier
frosty fucker fucking fuckit fuckme fuckoff fuckyou fullmoon function fungus future gabriel
gabriela gabrielle galactic galatasaray galaxy gallery gambit gamecube gameover gamer games
gandalf gangsta gangster garcia garden garfield garrett gateway gators gemini general generals
generation generic genesis genius geoffrey george georgia georgina gerald gerard germany getmoney
getout ghetto ghost giants gibson gilbert ginger girls giuseppe gizmo gladiator gloria godfather
godisgood godislove godsmack godzilla gold golden goldeneye goldfish goldie goldstar goldwing
golfball golfer golfing gonzalez goodbye goodboy goodgirl goodluck goodmorning goodtime google
gordon gorgeous gorilla graduate graham grandma grandpa granite graphics grateful great green
greenday greendog greenery greenbay greg gregory gremlin griffin grizzly guardian guest guiness
guitar guitarist gundam gunner gunners gustavo hacker hahaha hahahaha hallo halloween hamburg
hamilton hamlet hammer hamster handsome hannah hannover happiness happy happyday happydays
happyfeet hardcore hardrock hardware harley harleydavidson harmony harold harrison harry
harrypotter harvard harvey haselko hastings hawaii hawaiian hawkeye headshot heart heartbreak
heather heaven heavenly heavymetal hector heineken helena hellfire hello hellohello hellokitty
hellothere helloworld hendrix henry hercules heritage hermione hernandez hershey hihihi highland
highlander highschool hillary himalaya history hitachi hockey holiday holland hollister holly
hollywood homebase homerun homework honduras honey honeybee honeymoon honolulu hooters horizon
hornet horses hospital hotdog hotgirl hotmail hotrod hotstuff housewife houston howard hubert
hudson hummer hunter hunting hurricane hyperion iceberg icecream iceman icehouse identity idontcare
idontknow iforget iforgot ignacio igotmoney illinois illuminati illusion ilovegod ilovehim ilovejesus
iloveme ilovemom ilovemymom iloveu iloveyou iloveyouso imagine immortal imperial impossible incubus
independence indian indiana indians infantry inferno infiniti infinity information inside insane
insight inspiron integra intel interest interior international internet invincible invisible
ireland irish ironman isabel isabella isabelle island istanbul italia italiano iverson jackass
jackie jackson jacksonville jacob jaguar jamaica james jamesbond jamie janet january japanese jasmin
jasmine jason jasper javier jayden jayhawks jeanette jeffery jeffrey jellybean jennifer jenny
jeremiah jeremy jermaine jerome jersey jessica jessie jesus jesuschrist jesusislord joanna joaquin
johanna johannes john johncena johndoe johnny johnson johnston jonathan jonas jonasbrothers jordan
jorge joseph josephine joshua journey juggalo juliana julian juliet juliette julius junebug jungle
junior jupiter justice justin justinbieber justine juventus kangaroo karate karina katherine
kathleen kathryn katie katrina kawasaki kayla keepout keith kelly kenneth kennedy kentucky kermit
kevin keyboard kickass killbill killer killers killme kimberly kingdom kingfish kingkong kings
kingston kitkat kitten kittens kitty kittycat knicks knight knights knuckles kramer kristen
kristian kristin kristina kristine krystal labrador labtec lacrosse ladybird ladybug lakers
lakeside lalala lalalala lampard lancer lansing laptop larissa lasvegas laura lauren lavender
lawrence lazarus leather lebron legacy legend legolas lemonade leonard leonardo leopard leslie
letmein letmeinn letmesee leticia letsgo leverage lexmark liberty library lifeline lifestyle
lightning lincoln lindsay lindsey linkinpark linux lionheart lionking lipstick lisa littlebit
little liverpool lizard lizzie lobster logan login loginlogin logitech lollipop lollol lololol
london lonely lonewolf longhorn longhorns lorenzo lorraine losangeles loser lottery louis louise
louisiana louisville love loveable lovebird lovebug lovehate lovehurts loveless lovelife lovelove
lovely loveme lovemom lover loverboy lovergirl lovers loveyou loveyou lucifer lucille lucky
luckydog luckyone lucy luisa luther mackenzie macintosh macmac macbeth madeline madison madmax
madonna madrid maggie magic magician magnolia magnum mahalkita mahalko majestic mallorca malibu
mammoth manager manchester mandarin manhattan manning manuel manunited marathon marcella marcello
marcelo marcus margaret margarita maria mariah mariana marie marilyn marina marine mariner mariners
marines mario marion marissa marjorie mark marlboro marlene marley marlin marquis marriage married
marshall martha martin martina martinez marvin mary maryjane maryland master masters masterkey
mastermind matador material matrix matthew maurice maverick maxine maxwell maxima maximum maximus
mayday mazda mcdonald mcdonalds meatball meatloaf medical medicine medina megadeth megaman megan
melanie melissa melody members memories memory memphis mercedes merchant mercury meridian merlin
mermaid merry messenger messi metal metallic metallica mexican mexico michael michaela michel
michele michelle michigan mickey mickeymouse microsoft midnight midway miguel mike milano military
millenium millennium miller million millions millwall milton mineral minecraft minemine minime
minnie minnesota miracle miranda mischief misery mission missy mississippi missouri mister misty
mitchell mnbvcxz mohammed mohamed mollydog molly momanddad mommy monday money moneyman monica monika
monique monkey monkeys monopoly monster monsters montana monterey montreal moonlight moonbeam
moonshine morgan morning morpheus morris morrison mortgage mortimer moses mother motherfucker
mother motocross motorola mountain mountains mouse movies muffin muhammad munchkin murderer murphy
music musica musical mustang mustangs mybaby myfamily mylove myname mynameis myself myspace mystery
nancy nanana napoleon naruto narutouzumaki nascar natalia natalie nataniel natasha nathalie nathan
nathaniel national nature navajo naughty nebraska necromancer nelson nemesis neptune netscape
network nevada nevermind nevermore neverland newcastle newlife newpass newpassword newport newyork
nicaragua nicholas nichole nicolas nicole nicotine nightmare nightowl nightwish nikita
niners nintendo nirvana nissan nocturne nopass nopassword norman northern northside norwich
nothing november nursing oakland obsession october office oklahoma oliver olivia olympics omega
onelove online onlyme open openopen opensesame operator optimist optimus orange oranges orchard
orchid oregon original orlando oscar otherside outkast outlaw outlaws overlord oxford packard
packers painter palermo paloma pamela panasonic pancake panda pandora pantera panther panthers
papamama paradise paradox paramore paris parker parola pasadena pasaway passion passport passme
pass passpass passthe passw passwd passwor password passwords passwort patches pathfinder patience
patricia patrick patriot patriots paul paulina pauline pavilion peace peaceful peaches peanut peanuts
pearljam pebbles pendejo penelope penguin penguins pennywise pentium pepper peppers pepsi perfect
performance personal peter petunia phantom pharmacy philadelphia philip philippe phillies phillip
phoenix phone photo photography picasso pickle pictures piglet pineapple pinecone pink pinkfloyd
pinky pinnacle pioneer piramide pirate pirates pistons pitbull pittsburgh planet platinum
playboy player playstation please plymouth poetry poiuyt poiuytrewq pokemon poland polaris police
polopolo pompey pony poohbear pookie poop poopoo popcorn popeye popopo popstar porkchop porsche
portland portugal positive postman potatoes potter powerful powers prayer precious predator
preston princesa princess princesse princeton private problem professional professor progress
promise property prosper protocol protect prototype providence psycho psychology public pumpkin
punkrock puppies puppy purple pussy pussycat pyramid qazqaz qazwsx qazwsxedc qazxsw quality quantum
quebec queen queenie question qweasd qweasdzxc qweqwe qweqweqwe qwer qwerasdf qwert qwertasdfg
qwertqwert qwerty qwertyqwerty qwertyu qwertyui qwertyuio qwertyuiop rabbit rachel radical radiohead
raiders railroad rainbow rainbows raindrop rainyday raistlin ranger rangers raptor rasputin rastafari
raven ravens raymond realmadrid reality rebecca rebel rebels recovery red redbull reddevil reddog
redhead redneck redrose redrum redskins redsox redwings reebok regina reginald register regional
reject reliance remember renegade renault research resident response restless retired revenge
reynolds rhiannon ricardo richard richmond ricky riddle rihanna riverside robert roberta roberto
roberts robin robinson robotics rochelle rock rockandroll rocker rocket rockets rockme rockon
rockport rockrock rockstar rocky rodrigo rodriguez roland roller romania romantic rooster root
rootbeer roottoor rosebud rosemarie rosemary rosie roswell rosita rottweiler royalty running
runaway runescape russell russia ruthless ryan sabrina sacrifice safari saints sakura salamander
salasana salvador salvatore samantha samiam sammy sample samson samsung samuel sanchez sanctuary
sandiego sandman sandra sandrine sandwich sandy sanfran sanfrancisco santa santana santiago santos
sapphire sarah sasha saskia satan satellite saturday saturn savannah savage sayang sayangku
schalke schatz school schumacher scooby scoobydoo scooter scorpio scorpion scotland scott scottie
scrabble scramble scrapper scream seahawks searching seattle sebastian secret secrets secure
security select selena semperfi senators senha september serenity sergio serpent service session
seven seventeen sexy sexybabe sexybitch sexyboy sexygirl sexylady sexymama sexything shadow
shadows shakespeare shakira shalom shamrock shannon sharing sharks sharon shaved sheffield shelby
sheldon shelly sheridan sherlock sherman shirley shithead shitshit shitty shopping shorty shotgun
sierra signature silence silver silverado silverfox simba simon simone simple simpson simpsons
singapore single sinister sisters skater skateboard skateboarding skipper skittles skyline skywalker
slapshot slayer sleeping sleepy slipknot slowhand smackdown smallville smeghead smile smiles
smiley smith smithers smokey smooth smoothie snickers sniper snoopdog snoopy snowball snowboard
snowboarding snowflake snowman snuggles soccer softball software soldier solitude solomon
somebody someone something sommer songbird sonic sonics sonya sooners sophia sophie soulmate
soundgarden southern southpark southside spanish spanky sparkle sparky sparrow spartan spartans
special spectrum speed speedway speedy spencer spider spiderman spirit spitfire splinter spongebob
sponge spooky sporting sports spring springer springfield sprite spurs spunky squirrel stallion
standard stanford stanley star starbuck starbucks stardust starfish stargate starlight start
startrek starwars station stayout steelers stefanie steffi stella stephan stephanie stephen
stephens sterling steve steven steward stewart sticker stinker stinky stockton stone stonecold
stoner storm stormy strange stranger strawberry strength strider strike striker strong student
studio stupid sublime success suckit sugar suicide sullivan summer summertime sunday sunderland
sundance sunflower sunlight sunny sunrise sunset sunshine super superbad supercool superman
supermario supernatural supernova superstar superuser support supreme surfer surfing survivor susan
susanna suzanne suzuki swampfire sweden sweet sweetgirl sweetheart sweetie sweetness sweetpea
sweets swimmer swimming switzerland swordfish sydney sylvester sylvia symphony system tabitha
tacobell taekwondo talisman tamara tanner tarheels tarzan tasha tattoo taurus taylor taylorswift
teacher teddy teddybear teenager tekken telecom telefon telephone temp temporary temptation tennessee
tennis tequila teresa terminal terminator terrapin terrence test testing testpass tester testtest
texas thailand thanks theblack theboss thecrow thedoors thegame theking thelma themaster theman
theodore theone therapy theresa therock thesims thetruth thinking thirteen thisisme thomas thompson
threesome thriller thuglife thumper thunder thunderbird thursday tiffany tiger tigger tigers
timberland timothy tinker tinkerbell tinkle titanic titanium together tokiohotel tomahawk tomato
tomcat tommy topgun topsecret toronto tottenham toyota tracey tractor trailer training transfer
transformers transport trapper travel traveler travis treasure trebor trevor tricia trigger
trinidad trinity triple tripper tristan triumph trombone trooper trouble trucker trueblood
truelove trumpet trustme trustno trustnoone truth tucker tuesday turkey turtle turtles tweety
twilight twinkle twister tyler ultimate umbrella underground undertaker unicorn united universal
universe university unknown unreal user username vacation valencia valentin valentina valentine
valentino valeria valerie vampire vampires vanessa vanilla vegeta velocity venezuela vengeance venus
verbatim verizon vermont veronica veronika vertigo vicious victor victoria victory vietnam viking
vikings village vincent violet violetta viper virgilio virginia virginie visitor vision vladimir
volcano volcom volkswagen volleyball voodoo voyager waffle walker wallace walmart walter warcraft
wareagle warhammer warlock warning warren warrior warriors washington waterfall waterloo watermelon
waterpolo webmaster webster wednesday welcome welcomehome wellington wesley western westham westlife
westside westwood whatever whatsup wheeler whiskey whisper whistler white whiteboy whitney whocares
wildcat wildcats wildfire wildlife william williams willow wilson windmill window windows windsor
winner winners winnie winston winter wisconsin wisdom witchcraft wizard wizards wolf wolfgang
wolfpack wolverine wolves woman wonder wonderful woodland woodstock woody worcester wordpass workout
world worldcup wrangler wrestle wrestler wrestling wrinkles xavier xbox xxxxxx xxxxxxxx yamaha
yankee yankees yasmin yellow yesterday yolanda yosemite younger yourmom yourself yugioh yvonne
zachary zanzibar zaqwsx zaqxsw zeppelin zerocool zidane zigzag zombie zxcasd zxcasdqwe zxcvbn
zxcvbnm zxczxczxc
00000000 01234567 0123456789 0987654321 10203040 10101010 11111111 1111111111 11223344 1122334455
12121212 12131415 12341234 12344321 123123123 123321123 12345678 123454321 1234567890 123456789
123654789 12369874 13131313 13579246 1357924680 14141414 14725836 147258369 147852369 14789632
15426378 159357456 159753456 159951159 19191919 19283746 20202020 21212121 22222222 23232323 24681012
25252525 25802580 31415926 314159265 33333333 36925814 44444444 45454545 55555555 65432100 66666666
69696969 74107410 741852963 77777777 78945612 789456123 87654321 88888888 963852741 98765432
987654321 99999999 999999999 1029384756
`
    .trim()
    .split(/\s+/),
)
