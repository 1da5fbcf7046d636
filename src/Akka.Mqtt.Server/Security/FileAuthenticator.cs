using System.Net;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Limits;

namespace Akka.Mqtt.Server.Security;

/// <summary>
/// The authenticator of a listener without user code. A client certificate gives the user name, or a password file verifies it, or the
/// client is anonymous. An unverified user name is not used. Immutable; thread safe.
/// </summary>
internal sealed class FileAuthenticator(ListenerSecurity security, AnonymousAccess anonymous, PasswordFile? passwords, LoginQueue logins)
    : IAuthenticator
{
    /// <summary>Whether the check takes time, because a password has to be hashed.</summary>
    public bool NeedsTime(AuthenticationContext context) =>
        passwords is not null && context is { UserName: not null, Password: not null } && security.UseIdentityAsUserName == CertificateIdentity.Off;

    public ValueTask<AuthenticationResult> AuthenticateAsync(AuthenticationContext context, CancellationToken cancellationToken)
    {
        if (security.UseIdentityAsUserName != CertificateIdentity.Off)
            return new ValueTask<AuthenticationResult>(ByCertificate(context));
        if (context.UserName is { } user && passwords is not null)
        {
            // An absent password is not an empty one: a client without a password is refused even if the hash is that of an empty
            // password.
            if (context.Password is not { } password)
            {
                return new ValueTask<AuthenticationResult>(
                    AuthenticationResult.Refused(ReasonCode.BadUserNameOrPassword, $"the user {LogText.Escape(user)} sent no password"));
            }
            return ByPasswordAsync(passwords, context, user, password, cancellationToken);
        }
        var isLocal = IsLocal(context.Transport);
        return new ValueTask<AuthenticationResult>(IsAllowed(isLocal)
            ? AuthenticationResult.Accepted(null, new Anonymous(isLocal))
            : AuthenticationResult.Refused(
                context.UserName is null ? ReasonCode.NotAuthorized : ReasonCode.BadUserNameOrPassword, WhyNotAnonymous(context.UserName)));
    }

    public bool MayStay(ClientIdentity client) => client.Credential switch
    {
        PasswordEntry entry => passwords is not null && client.UserName is { } user && passwords.Has(user, entry),
        Anonymous { IsLocal: var isLocal } => security.UseIdentityAsUserName == CertificateIdentity.Off && IsAllowed(isLocal),
        CertificateIdentity identity => identity == security.UseIdentityAsUserName,
        _ => false,
    };

    private async ValueTask<AuthenticationResult> ByPasswordAsync(
        PasswordFile file, AuthenticationContext context, string user, MqttBinary password, CancellationToken cancellationToken)
    {
        var address = AddressKey.Of(context.Transport.RemoteAddress);
        var bytes = 256 + (2 * user.Length) + password.Length;
        var result = await logins.RunAsync(address, user, bytes, () => Verify(file, user, password), cancellationToken).ConfigureAwait(false);
        return result ?? AuthenticationResult.Refused(ReasonCode.ServerBusy, "too many logins are waiting");
    }

    private static AuthenticationResult Verify(PasswordFile file, string user, MqttBinary password) => file.Verify(user, password.Span) is { } entry
        ? AuthenticationResult.Accepted(user, entry)
        : AuthenticationResult.Refused(ReasonCode.BadUserNameOrPassword, $"wrong user name or password of {LogText.Escape(user)}");

    private AuthenticationResult ByCertificate(AuthenticationContext context) =>
        context.PeerCertificate is { } certificate && CertificateNames.UserName(certificate, security.UseIdentityAsUserName) is { } name
            ? AuthenticationResult.Accepted(name, security.UseIdentityAsUserName)
            : AuthenticationResult.Refused(ReasonCode.NotAuthorized, "there is no certificate with a user name");

    private bool IsAllowed(bool isLocal) => anonymous switch
    {
        AnonymousAccess.On => true,
        // The default, loopback, is for servers without accounts: with accounts, clients must use them.
        AnonymousAccess.Loopback => isLocal && passwords is null && security.ScramFile is null,
        _ => false,
    };

    /// <summary>Explains the refusal of an anonymous client to the operator.</summary>
    private string WhyNotAnonymous(string? user)
    {
        var who = user is null ? "it sent no user name" : $"nobody checks the password of {LogText.Escape(user)}, as there is no password-file,";
        var rule = anonymous switch
        {
            AnonymousAccess.Off => "allow-anonymous is off",
            _ when passwords is not null || security.ScramFile is not null => "allow-anonymous = loopback accepts nobody when a listener has accounts",
            _ => "allow-anonymous = loopback accepts clients of this machine only",
        };
        return $"{who} and {rule}: set allow-anonymous = on to accept everybody, or a password-file";
    }

    private static bool IsLocal(TransportInfo transport) => transport.Kind switch
    {
        MqttTransport.UnixSocket or MqttTransport.NamedPipe or MqttTransport.InMemory or MqttTransport.Stream => true,
        // A reverse proxy may have named the client (X-Forwarded-For). The remote address is then that of the client's machine.
        _ => IsLoopback(transport.LocalAddress) && (transport.RemoteAddress is not IPEndPoint || IsLoopback(transport.RemoteAddress)),
    };

    private static bool IsLoopback(EndPoint? address) => address is IPEndPoint { Address: var ip } && IPAddress.IsLoopback(ip);

    private sealed record Anonymous(bool IsLocal);
}
