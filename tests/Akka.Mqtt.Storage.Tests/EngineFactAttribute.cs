using Xunit.Abstractions;
using Xunit.Sdk;

namespace Akka.Mqtt.Storage.Tests;

/// <summary>A fact of every engine; those of PostgreSQL are skipped where there is none.</summary>
[XunitTestCaseDiscoverer("Akka.Mqtt.Storage.Tests.EngineFactDiscoverer", "Akka.Mqtt.Storage.Tests")]
[AttributeUsage(AttributeTargets.Method)]
public sealed class EngineFactAttribute : FactAttribute;

/// <summary>A theory of every engine; those of PostgreSQL are skipped where there is none.</summary>
[XunitTestCaseDiscoverer("Akka.Mqtt.Storage.Tests.EngineTheoryDiscoverer", "Akka.Mqtt.Storage.Tests")]
[AttributeUsage(AttributeTargets.Method)]
public sealed class EngineTheoryAttribute : TheoryAttribute;

internal static class EngineSkip
{
    public static string? Of(ITestMethod method) =>
        method.TestClass.Class.Name.Contains("PostgreSql", StringComparison.Ordinal) ? PostgreSqlServer.Missing : null;
}

public sealed class EngineFactDiscoverer(IMessageSink sink) : FactDiscoverer(sink)
{
    protected override IXunitTestCase CreateTestCase(ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute) =>
        EngineSkip.Of(testMethod) is { } reason
            ? new XunitSkippedDataRowTestCase(
                DiagnosticMessageSink, discoveryOptions.MethodDisplayOrDefault(), discoveryOptions.MethodDisplayOptionsOrDefault(), testMethod, reason)
            : base.CreateTestCase(discoveryOptions, testMethod, factAttribute);
}

public sealed class EngineTheoryDiscoverer(IMessageSink sink) : TheoryDiscoverer(sink)
{
    public override IEnumerable<IXunitTestCase> Discover(
        ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo theoryAttribute) =>
        EngineSkip.Of(testMethod) is { } reason
            ? CreateTestCasesForSkip(discoveryOptions, testMethod, theoryAttribute, reason)
            : base.Discover(discoveryOptions, testMethod, theoryAttribute);

    protected override IEnumerable<IXunitTestCase> CreateTestCasesForSkip(
        ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo theoryAttribute, string skipReason) =>
        [new XunitSkippedDataRowTestCase(
            DiagnosticMessageSink, discoveryOptions.MethodDisplayOrDefault(), discoveryOptions.MethodDisplayOptionsOrDefault(), testMethod, skipReason)];
}
