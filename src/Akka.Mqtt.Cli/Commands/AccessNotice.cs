using System.Net;
using Akka.Mqtt.Server;

namespace Akka.Mqtt.Cli.Commands;

/// <summary>The line at the start about who may connect, for each listener that other machines can reach.</summary>
internal static class AccessNotice
{
    /// <summary>The line; null for a listener that only this machine can reach.</summary>
    public static string? Of(ListenerSettings listener, MqttServerSettings settings)
    {
        if (listener.Address is not IPEndPoint { Address: var address } || IPAddress.IsLoopback(address))
            return null;
        var security = listener.Security;
        var who = new List<string>();
        if (security.UseIdentityAsUserName != CertificateIdentity.Off)
            return $"listener {listener.Name}: clients with a certificate of {listener.ClientAuthorityFile} may connect.";
        if (security.PasswordFile is { } users)
            who.Add($"users of {users} may connect");
        if (security.ScramFile is { } scram)
            who.Add($"users of {scram} may connect by SCRAM");
        var access = security.AllowAnonymous ?? settings.AllowAnonymous;
        if (access == AnonymousAccess.On)
            who.Add("everybody may connect without a password (allow-anonymous = on)");
        else if (access == AnonymousAccess.Loopback && who.Count == 0 && IsAny(address))
            who.Add($"only clients on this machine may connect (allow-anonymous = loopback). {Remedy}");
        if (who.Count == 0)
            who.Add($"nobody may connect (allow-anonymous = {(access == AnonymousAccess.Off ? "off" : "loopback, and the address is not loopback")}). {Remedy}");
        return $"listener {listener.Name}: {string.Join("; ", who).TrimEnd('.')}.";
    }

    private const string Remedy =
        "To admit others: make users with \"akka-mqtt passwd users NAME\" and --set listener-defaults.password-file=users, or --set allow-anonymous=on";

    /// <summary>Whether it is the address of all interfaces, which include loopback.</summary>
    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
}
