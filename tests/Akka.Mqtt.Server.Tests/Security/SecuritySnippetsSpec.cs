using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests.Security;

/// <summary>The snippets of docs/security.md that no sample has.</summary>
public class SecuritySnippetsSpec(ITestOutputHelper output) : ServerSpec(output)
{
    [Fact]
    public async Task Reloading_reads_as_documented()
    {
        var (server, sender) = (Server, TestActor);
        #region doc:reload
        await server.ReloadSecurityAsync();
        // or, by message: SecurityReloaded or SecurityNotReloaded is the answer
        server.Security.Tell(ReloadSecurity.Instance, sender);
        #endregion
        await ExpectMsgAsync(SecurityReloaded.Instance);
    }
}
