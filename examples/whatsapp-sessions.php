<?php
// A CRM's back end in PHP: create a client's WhatsApp session, and look after all sessions every 30 seconds.
//
//   HUB_URL=http://localhost:3000 HUB_EMAIL=… HUB_PASSWORD=… HUB_API_KEY=was_… \
//     php examples/whatsapp-sessions.php create "Ana Pérez" [connect]
//     php examples/whatsapp-sessions.php check
//
// PHP 8 or newer; no extension is needed. With `connect` it asks to connect before the QR, as some CRMs do.

declare(strict_types=1);

class HubError extends RuntimeException
{
}

function callHub(string $method, string $path, ?array $body = null, ?string $token = null): array
{
    $headers = ['Content-Type: application/json', 'X-API-Key: ' . getenv('HUB_API_KEY')];
    if ($token !== null) {
        $headers[] = "Authorization: Bearer $token";
    }
    $context = stream_context_create(['http' => [
        'method' => $method,
        'header' => $headers,
        'content' => $body === null ? '' : json_encode($body, JSON_THROW_ON_ERROR),
        'ignore_errors' => true, // an error's body says what to do
        'timeout' => 60,
    ]]);
    $url = rtrim(getenv('HUB_URL') ?: 'http://localhost:3000', '/');
    $answer = json_decode((string) file_get_contents($url . $path, false, $context), true);
    if (!is_array($answer) || !$answer['success']) {
        throw new HubError($answer['message'] ?? "$method $path was not answered");
    }
    return $answer['data'];
}

function logIn(): string
{
    $credentials = ['identifier' => getenv('HUB_EMAIL'), 'password' => getenv('HUB_PASSWORD')];
    return callHub('POST', '/api/auth/login', $credentials)['accessToken'];
}

/** A new session for a client; its QR as a data URL for an <img>, null when there is nothing to scan. */
function createClientWhatsApp(string $clientName, ?string $phone = null, bool $connect = false): array
{
    $token = logIn();
    $session = callHub('POST', '/api/sessions', [
        'sessionId' => 'cliente_' . (int) (microtime(true) * 1000),
        'phoneNumber' => $phone,
        'name' => "WhatsApp $clientName",
        'description' => "Cliente $clientName",
    ], $token);
    if ($connect) {
        callHub('POST', "/api/sessions/{$session['id']}/connect", null, $token);
    }
    $qr = callHub('GET', "/api/sessions/{$session['id']}/qr", null, logIn());
    return ['sessionId' => $session['sessionId'], 'qrCodeDataURL' => $qr['qrCodeDataURL'], 'status' => $qr['status']];
}

/** The status of every session that is pending or connected. */
function checkAllSessions(): array
{
    $token = logIn();
    $found = [];
    foreach (callHub('GET', '/api/sessions', null, $token)['sessions'] as $session) {
        if (in_array($session['status'], ['pending', 'connected'], true)) {
            $status = callHub('GET', "/api/sessions/{$session['sessionId']}/status", null, $token);
            $found[$session['sessionId']] = $status['status'];
        }
    }
    return $found;
}

function main(array $arguments): int
{
    if (($arguments[1] ?? '') === 'create') {
        $made = createClientWhatsApp($arguments[2] ?? 'Cliente', null, ($arguments[3] ?? '') === 'connect');
        echo $made['sessionId'], ' ', $made['qrCodeDataURL'] ? 'scan the QR' : $made['status'], "\n";
        return 0;
    }
    do {
        foreach (checkAllSessions() as $sessionId => $status) {
            echo "$sessionId: $status\n";
        }
        $once = getenv('CHECK_ONCE');
        if (!$once) {
            sleep(30);
        }
    } while (!$once);
    return 0;
}

if (realpath($_SERVER['SCRIPT_FILENAME'] ?? '') === __FILE__) {
    try {
        exit(main($argv));
    } catch (HubError $error) {
        fwrite(STDERR, $error->getMessage() . "\n");
        exit(1);
    }
}
