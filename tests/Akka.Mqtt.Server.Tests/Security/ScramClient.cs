using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Akka.Mqtt.Server.Tests.Security;

/// <summary>The client's side of SCRAM-SHA-256 (RFC 5802), written after the RFC and not after the server.</summary>
internal sealed class ScramClient(string user, string password, string nonce = "rOprNGfwEbeRWgbNEkqO")
{
    private byte[] _serverKey = [];
    private string _auth = "";

    public string First => $"n,,n={user},r={nonce}";

    public string Final(string serverFirst)
    {
        var parts = serverFirst.Split(',').ToDictionary(part => part[0], part => part[2..]);
        Assert.StartsWith(nonce, parts['r'], StringComparison.Ordinal);
        var salted = Rfc2898DeriveBytes.Pbkdf2(
            password, Convert.FromBase64String(parts['s']), int.Parse(parts['i'], CultureInfo.InvariantCulture), HashAlgorithmName.SHA256, 32);
        var clientKey = HMACSHA256.HashData(salted, "Client Key"u8.ToArray());
        _serverKey = HMACSHA256.HashData(salted, "Server Key"u8.ToArray());
        var withoutProof = $"c=biws,r={parts['r']}";
        _auth = $"n={user},r={nonce},{serverFirst},{withoutProof}";
        var signature = HMACSHA256.HashData(SHA256.HashData(clientKey), Encoding.UTF8.GetBytes(_auth));
        return $"{withoutProof},p={Convert.ToBase64String(clientKey.Zip(signature, (left, right) => (byte)(left ^ right)).ToArray())}";
    }

    public string Verifier => $"v={Convert.ToBase64String(HMACSHA256.HashData(_serverKey, Encoding.UTF8.GetBytes(_auth)))}";
}
