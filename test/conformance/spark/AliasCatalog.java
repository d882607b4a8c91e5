package breakwater;

import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.delta.catalog.DeltaCatalog;
import org.apache.spark.sql.execution.datasources.v2.V2SessionCatalog;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/**
 * A second name (main, system) for the session catalog, through Delta's own catalog: three-level names as on Databricks. All
 * aliases show the same schemas. DeltaCatalog alone cannot be registered under another name: it needs a delegate.
 */
public final class AliasCatalog extends DeltaCatalog {
  private String alias;

  @Override
  public void initialize(String name, CaseInsensitiveStringMap options) {
    alias = name;
    var session = (org.apache.spark.sql.classic.SparkSession) SparkSession.active();
    setDelegateCatalog(new V2SessionCatalog(session.sessionState().catalog()));
    super.initialize(name, options);
  }

  @Override
  public String name() {
    return alias;
  }
}
