using Akka.Configuration;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests;

/// <summary>Base of the specs: a TestKit whose log goes to the test's output.</summary>
public abstract class MqttSpec : Akka.TestKit.Xunit2.TestKit
{
    /// <summary>How long a test waits for what must come: generous, because nothing waits for it in vain.</summary>
    protected static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    /// <summary>How long a test waits for what must not come.</summary>
    protected static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(100);

    protected MqttSpec(ITestOutputHelper output, string config = "")
        : base(TestSystem.Configured(ConfigurationFactory.ParseString(config).WithFallback(ConfigurationFactory.ParseString(
            """
            akka.loglevel = DEBUG
            akka.test.default-timeout = 10s
            akka.test.single-expect-default = 10s
            """))), null, output)
    {
    }
}
