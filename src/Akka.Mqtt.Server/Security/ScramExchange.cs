using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Security;

/// <summary>
/// The server side of one SCRAM exchange (RFC 5802, section 5), without IO: client-first, server-first, client-final, server-final. Used
/// once, for one client.
/// </summary>
internal sealed class ScramExchange(Func<string, (ScramCredentials Credentials, bool Exists)> find, string? serverNonce = null) : IEnhancedExchange
{
    private const int MaxMessage = 2048;

    private string? _user;
    private string _gs2Header = "";
    private string _clientFirstBare = "";
    private string _serverFirst = "";
    private string _nonce = "";
    private ScramCredentials? _credentials;
    private bool _exists;

    public ValueTask<AuthenticationStep> NextAsync(MqttBinary? data, CancellationToken cancellationToken) => new(Next(data));

    private AuthenticationStep Next(MqttBinary? data)
    {
        if (data is not { Length: > 0 and <= MaxMessage } message)
            return AuthenticationStep.Refuse(ReasonCode.NotAuthorized);
        return _user is null ? First(message.ToText()) : Final(message.ToText());
    }

    /// <summary><c>gs2-header = ("n" / "y") "," [authzid] ","</c>, then <c>n=user,r=nonce[,extensions]</c>.</summary>
    private AuthenticationStep First(string message)
    {
        var parts = message.Split(',');
        // "p=" requests channel binding, which this method does not support; "m=" is an extension that must be understood.
        if (parts.Length < 4 || parts[0] is not ("n" or "y") || !parts[2].StartsWith("n=", StringComparison.Ordinal)
            || !parts[3].StartsWith("r=", StringComparison.Ordinal) || parts[3].Length < 3 || !TryUnescape(parts[2][2..], out var user))
        {
            return AuthenticationStep.Refuse(ReasonCode.NotAuthorized);
        }
        if (parts[1].Length > 0 && (!parts[1].StartsWith("a=", StringComparison.Ordinal) || !TryUnescape(parts[1][2..], out var other) || other != user))
            return AuthenticationStep.Refuse(ReasonCode.NotAuthorized); // the client wants to act as another user
        _user = user;
        _gs2Header = $"{parts[0]},{parts[1]},";
        _clientFirstBare = message[_gs2Header.Length..];
        (_credentials, _exists) = find(user);
        _nonce = parts[3][2..] + (serverNonce ?? Convert.ToBase64String(RandomNumberGenerator.GetBytes(18)));
        _serverFirst = string.Create(
            CultureInfo.InvariantCulture, $"r={_nonce},s={Convert.ToBase64String(_credentials.Salt)},i={_credentials.Iterations}");
        return AuthenticationStep.Continue(MqttBinary.FromText(_serverFirst));
    }

    /// <summary><c>c=base64(gs2-header),r=nonce[,extensions],p=proof</c>.</summary>
    private AuthenticationStep Final(string message)
    {
        var proofAt = message.LastIndexOf(",p=", StringComparison.Ordinal);
        if (proofAt < 0)
            return AuthenticationStep.Refuse(ReasonCode.NotAuthorized);
        var withoutProof = message[..proofAt];
        var parts = withoutProof.Split(',');
        Span<byte> proof = stackalloc byte[ScramCredentials.HashBytes];
        var binding = $"c={Convert.ToBase64String(Encoding.UTF8.GetBytes(_gs2Header))}";
        if (parts.Length < 2 || parts[0] != binding || parts[1] != $"r={_nonce}"
            || !Convert.TryFromBase64String(message[(proofAt + 3)..], proof, out var length) || length != proof.Length)
        {
            return AuthenticationStep.Refuse(ReasonCode.NotAuthorized);
        }
        var auth = Encoding.UTF8.GetBytes($"{_clientFirstBare},{_serverFirst},{withoutProof}");
        Span<byte> clientKey = stackalloc byte[ScramCredentials.HashBytes];
        HMACSHA256.HashData(_credentials!.StoredKey, auth, clientKey); // ClientSignature; ClientKey is proof XOR it
        for (var at = 0; at < clientKey.Length; at++)
            clientKey[at] ^= proof[at];
        Span<byte> storedKey = stackalloc byte[ScramCredentials.HashBytes];
        SHA256.HashData(clientKey, storedKey);
        if (!CryptographicOperations.FixedTimeEquals(storedKey, _credentials.StoredKey) || !_exists)
            return AuthenticationStep.Refuse(ReasonCode.NotAuthorized);
        var verifier = $"v={Convert.ToBase64String(HMACSHA256.HashData(_credentials.ServerKey, auth))}";
        return AuthenticationStep.Accept(_user, MqttBinary.FromText(verifier), _credentials);
    }

    /// <summary>In a name, a comma is <c>=2C</c> and an equals sign <c>=3D</c>.</summary>
    private static bool TryUnescape(string text, out string name)
    {
        name = text.Replace("=2C", ",", StringComparison.Ordinal).Replace("=3D", "=", StringComparison.Ordinal);
        var escapes = text.AsSpan().Count("=2C") + text.AsSpan().Count("=3D");
        return name.Length > 0 && text.AsSpan().Count('=') == escapes;
    }
}
