using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;

namespace CustomAuth;

#region doc:authenticator
/// <summary>The user name is a tenant, the password a token that is valid for it until it is withdrawn.</summary>
public sealed class TokenAuthenticator : IAuthenticator
{
    private readonly ConcurrentDictionary<string, byte[]> _tokens = new();

    public void Issue(string tenant, string token) => _tokens[tenant] = SHA256.HashData(Encoding.UTF8.GetBytes(token));

    public void Withdraw(string tenant) => _tokens.TryRemove(tenant, out _);

    public async ValueTask<AuthenticationResult> AuthenticateAsync(AuthenticationContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.UserName is not { } tenant || context.Password is not { } token)
            return AuthenticationResult.Refused(ReasonCode.NotAuthorized);
        await Task.Yield(); // ask a database here, and give it the cancellation token
        var hash = SHA256.HashData(token.Span);
        return _tokens.TryGetValue(tenant, out var known) && CryptographicOperations.FixedTimeEquals(known, hash)
            ? AuthenticationResult.Accepted(tenant, credential: known)
            : AuthenticationResult.Refused(ReasonCode.BadUserNameOrPassword);
    }

    // Asked for each connected client after server.ReloadSecurityAsync().
    public bool MayStay(ClientIdentity client) =>
        client?.UserName is { } tenant && _tokens.TryGetValue(tenant, out var known) && ReferenceEquals(known, client.Credential);
}
#endregion
