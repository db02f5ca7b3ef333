// Starts the page. `Debug.VERSION` comes with it: clients take it as the sign that WhatsApp Web is there.
'use strict';

window.Debug = { VERSION: require('WAWebBuildConstants').VERSION_STR };
require('__debug').publish();
require('WAWebCollections');
require('WASimulatorUi').start();
require('WASimulatorSession').start();
