using Akka.Mqtt.Protocol;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests.Security;

public class CancellationSpec(ITestOutputHelper output) : ServerSpec(output, "connection.close-timeout = 100 ms")
{
    private readonly Patient _code = new();

    protected override MqttServerHooks Hooks => new()
    {
        Authenticator = _code,
        ConnectInterceptor = _code,
        EnhancedAuthenticators = [_code],
    };

    [Theory]
    [InlineData("interceptor", null)]
    [InlineData("authenticator", null)]
    [InlineData("exchange", "patient")]
    public async Task Work_for_a_client_that_has_gone_is_cancelled(string clientId, string? method)
    {
        var client = await DialAsync();
        await client.SendAsync(new Connect
        {
            ClientId = clientId,
            Properties = method is null ? null : new ConnectProperties { AuthenticationMethod = method },
        });
        var work = await _code.Waiting.Task;
        Assert.Equal(clientId, work.Name);
        Assert.False(work.Token.IsCancellationRequested);
        client.Dispose();
        await AwaitAssertAsync(() => Assert.True(work.Token.IsCancellationRequested));
    }

    /// <summary>Waits for ever in the step that the client identifier names.</summary>
    private sealed class Patient : IAuthenticator, IConnectInterceptor, IEnhancedAuthenticator
    {
        public TaskCompletionSource<(string Name, CancellationToken Token)> Waiting { get; } = new();

        public string Method => "patient";

        public IEnhancedExchange Begin(AuthenticationContext context) => new Exchange(this);

        public async ValueTask<AuthenticationResult> AuthenticateAsync(AuthenticationContext context, CancellationToken cancellationToken)
        {
            await WaitAsync("authenticator", cancellationToken);
            return AuthenticationResult.Accepted();
        }

        public async ValueTask<Interception<Connect>> InterceptAsync(
            Connect packet, string listener, TransportInfo transport, CancellationToken cancellationToken)
        {
            if (packet.ClientId == "interceptor")
                await WaitAsync("interceptor", cancellationToken);
            return Interception<Connect>.Pass(packet);
        }

        bool IAuthenticator.MayStay(ClientIdentity client) => true;

        bool IEnhancedAuthenticator.MayStay(ClientIdentity client) => true;

        private async Task WaitAsync(string name, CancellationToken cancellationToken)
        {
            Waiting.SetResult((name, cancellationToken));
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        private sealed class Exchange(Patient owner) : IEnhancedExchange
        {
            public async ValueTask<AuthenticationStep> NextAsync(MqttBinary? data, CancellationToken cancellationToken)
            {
                await owner.WaitAsync("exchange", cancellationToken);
                return AuthenticationStep.Accept(null);
            }
        }
    }
}
