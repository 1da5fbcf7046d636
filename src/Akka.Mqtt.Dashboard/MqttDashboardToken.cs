using System.Security.Cryptography;
using System.Text;

namespace Akka.Mqtt.Dashboard;

/// <summary>A user of the dashboard. The configuration has only the hash of the token; its holder has the token itself.</summary>
public sealed class MqttDashboardToken
{
    private const string Prefix = "mqd_"; // lets scanners for leaked secrets find tokens
    private const int SecretBytes = 32;

    /// <summary>The name of the user, which appears in the audit log. Not empty, at most 64 characters.</summary>
    public string Name { get; set; } = "";

    /// <summary>The SHA-256 hash of the token, as 64 hexadecimal digits. A token is random, so it needs no slow hash.</summary>
    public string Sha256 { get; set; } = "";

    /// <summary>What the holder may do. Default: <see cref="MqttDashboardRole.Read"/>.</summary>
    public MqttDashboardRole Role { get; set; }

    /// <summary>Creates a token of 256 random bits.</summary>
    /// <param name="name">The name of the user.</param>
    /// <param name="role">What the holder may do.</param>
    /// <param name="secret">The token, for its holder alone: <c>Authorization: Bearer …</c>.</param>
    /// <returns>The entry for the configuration.</returns>
    public static MqttDashboardToken Create(string name, MqttDashboardRole role, out string secret)
    {
        secret = Prefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(SecretBytes)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
        return new MqttDashboardToken { Name = name, Role = role, Sha256 = HashOf(secret) };
    }

    /// <summary>The hash of a token.</summary>
    /// <param name="secret">The token.</param>
    /// <returns>64 hexadecimal digits.</returns>
    public static string HashOf(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
}
